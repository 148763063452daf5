// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PrereqTest {
  private static Match.Builder tcp() {
    return Match.builder().exact(Field.ETH_TYPE, EthType.IPV4).exact(Field.IP_PROTO, IpProto.TCP);
  }

  @Test
  void portsNeedTheirProtocolExactly() {
    assertThat(tcp().satisfies(Prereq.TCP)).isTrue();
    assertThat(tcp().satisfies(Prereq.UDP)).isFalse();
    assertThat(Match.builder().exact(Field.ETH_TYPE, EthType.IPV4).satisfies(Prereq.TCP)).isFalse();
    assertThat(Match.builder().exact(Field.IP_PROTO, IpProto.TCP).satisfies(Prereq.TCP)).isFalse();
  }

  @Test
  void laterFragmentsHaveNoPorts() {
    assertThat(tcp().exact(Field.IP_FRAG, 3).satisfies(Prereq.TCP)).isFalse();
    assertThat(tcp().exact(Field.IP_FRAG, 1).satisfies(Prereq.TCP)).isTrue();
  }

  @Test
  void neighbourDiscoveryNeedsTypeAndCode() {
    Match.Builder b =
        Match.builder().exact(Field.ETH_TYPE, EthType.IPV6).exact(Field.IP_PROTO, IpProto.ICMPV6);
    b.exact(Field.ICMPV6_TYPE, 135);
    assertThat(b.satisfies(Prereq.ND)).isFalse();
    b.exact(Field.ICMPV6_CODE, 0);
    assertThat(b.satisfies(Prereq.ND)).isTrue();
    assertThat(b.satisfies(Prereq.ND_SOLICIT)).isTrue();
    assertThat(b.satisfies(Prereq.ND_ADVERT)).isFalse();
  }

  @Test
  void aVlanPriorityNeedsATag() {
    assertThat(Match.builder().exact(Field.VLAN_VID, 0).satisfies(Prereq.VLAN_VID)).isFalse();
    assertThat(Match.builder().exact(Field.VLAN_VID, 0x1005).satisfies(Prereq.VLAN_VID)).isTrue();
    assertThat(Match.builder().masked(Field.VLAN_VID, 0x1000, 0x1000).satisfies(Prereq.VLAN_VID))
        .isTrue();
  }

  @Test
  void everyFieldStaysInItsWordsAndHasANameOfItsOwn() {
    Set<String> names = new HashSet<>();
    for (Field f : Field.values()) {
      assertThat(names.add(f.text())).as(f.text()).isTrue();
      assertThat(f.word() + (f.isWide() ? 2 : 1)).isLessThanOrEqualTo(FlowLayout.WORDS);
      assertThat(f.wordMask() >>> f.shift()).as(f.text()).isEqualTo(f.ones());
      assertThat(f.isWide() ? f.shift() : 0).isZero();
    }
  }

  @Test
  void stagesGoFromMetadataToL4() {
    int[] words = {
      FlowLayout.METADATA,
      FlowLayout.ETH_SRC,
      FlowLayout.IPV4,
      FlowLayout.CT_IPV6_DST + 1,
      FlowLayout.ARP_SHA,
      FlowLayout.CT_TP,
      FlowLayout.CT
    };
    assertThat(Arrays.stream(words).map(FlowLayout::stage)).containsExactly(0, 1, 2, 2, 3, 3, 0);
  }
}
