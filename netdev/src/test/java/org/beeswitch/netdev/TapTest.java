// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.beeswitch.netdev.testing.TestNetns;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class TapTest {
  private TestNetns ns;
  private Links links;

  @BeforeEach
  void open() throws Exception {
    TestNetns.assumeRoot();
    ns = TestNetns.create();
    links = ns.call(Links::open);
  }

  @AfterEach
  void close() {
    if (ns != null) {
      links.close();
      ns.close();
    }
  }

  @Test
  void aTapLivesAsLongAsItIsOpen() throws Exception {
    Tap tap = ns.call(() -> Tap.create(links, "t0", 4));
    assertThat(links.get("t0").ifindex()).isEqualTo(tap.ifindex());
    assertThat(links.get("t0").kind()).isEqualTo("tun");
    assertThat(tap.state().running()).isFalse();
    tap.setUp(true);
    assertThat(tap.state().running()).isTrue();
    assertThat(tap.features().current()).isEqualTo(LinkFeatures.F_10GB_FD | LinkFeatures.F_COPPER);
    assertThat(tap.driver()).isEqualTo("tun");
    tap.close();
    assertThat(links.find("t0")).isEmpty();
    assertThatThrownBy(tap::state).isInstanceOf(NetdevException.class);
  }

  @Test
  void aNameThatIsTakenIsRefused() throws Exception {
    try (Tap tap = ns.call(() -> Tap.create(links, "t0", 1))) {
      assertThat(tap.queues()).isEqualTo(1);
      assertThatThrownBy(() -> ns.call(() -> Tap.create(links, "t0", 1)))
          .isInstanceOfSatisfying(
              NetdevException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST));
    }
  }
}
