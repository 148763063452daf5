// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.beeswitch.flow.FlowLayout.ODP;

import java.io.InputStream;
import java.lang.reflect.Field;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.beeswitch.dpif.DropReason;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.odp.OdpActionKind;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Java's numbers of the ABI are those of the object that is loaded. */
class AbiTest {
  private static Btf btf;

  @BeforeAll
  static void read() throws Exception {
    try (InputStream in = AbiTest.class.getResourceAsStream("/org/beeswitch/bpf/datapath.bpf.o")) {
      btf = new Btf(in.readAllBytes());
    }
  }

  static Stream<Arguments> structs() {
    return Stream.of(
        Arguments.of(Abi.Config.class, "dp_config"),
        Arguments.of(Abi.Action.class, "odp_action"),
        Arguments.of(Abi.Flow.class, "dp_flow"),
        Arguments.of(Abi.Mask.class, "dp_mask"),
        Arguments.of(Abi.MaskOrder.class, "dp_mask_order"),
        Arguments.of(Abi.Port.class, "dp_port"),
        Arguments.of(Abi.Ifindex.class, "dp_ifindex"),
        Arguments.of(Abi.Handler.class, "dp_handler"),
        Arguments.of(Abi.Upcall.class, "dp_upcall"),
        Arguments.of(Abi.Exec.class, "dp_exec"));
  }

  /** Enumerators that stand among a struct's constants, by what C calls them. */
  private static final Map<String, String> ENUM_PREFIX =
      Map.of("dp_flow", "DP_FLOW_", "dp_port", "DP_PORT_");

  @ParameterizedTest
  @MethodSource("structs")
  void offsetsAndSizesAreThoseOfTheObject(Class<?> java, String c) throws Exception {
    Btf.Struct struct = btf.structs.get(c);
    assertThat(struct).as(c).isNotNull();
    for (Field f : java.getDeclaredFields()) {
      String name = f.getName();
      String member = name.toLowerCase(Locale.ROOT);
      String enumerator = ENUM_PREFIX.getOrDefault(c, "") + name;
      int value = f.getInt(null);
      if (name.equals("SIZE")) {
        assertThat(value).as(c + " size").isEqualTo(struct.size());
      } else if (struct.offsets().containsKey(member)) {
        assertThat(value).as(c + "." + member).isEqualTo(struct.offsets().get(member));
      } else if (btf.enumerators.containsKey(enumerator)) {
        assertThat(value).as(enumerator).isEqualTo(btf.enumerators.get(enumerator));
      } else {
        assertThat(java).as("constant " + name).isEqualTo(Abi.Upcall.class); // flags: macros in C
      }
    }
  }

  @Test
  void extensionSlotsAreAsLargeAsFlows() {
    assertThat(btf.structs.get("dp_flow_ext").size()).isEqualTo(Abi.Flow.SIZE);
    assertThat(Abi.FLOW_SLOT_WORDS * 8).isEqualTo(Abi.Flow.SIZE);
    assertThat(Abi.Flow.KEY + Abi.FLOW_WORDS * 8).isEqualTo(Abi.Flow.SIZE);
  }

  @Test
  void keyWordsAreWhereTheFlowLayoutHasThem() throws Exception {
    int compared = 0;
    for (Map.Entry<String, Integer> e : btf.enumerators.entrySet()) {
      if (e.getKey().startsWith("ODP_W_")) {
        Field f = FlowLayout.class.getField(e.getKey().substring("ODP_W_".length()));
        assertThat(f.getInt(null) - ODP).as(e.getKey()).isEqualTo(e.getValue());
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(20);
  }

  @Test
  void keyFieldsAreWhereTheFlowLayoutSays() {
    Btf.Struct key = btf.structs.get("odp_key");
    assertThat(key.size()).isEqualTo(8 * FlowLayout.ODP_WORDS);
    Map<String, Integer> at = key.offsets();
    assertThat(at.get("in_port")).isEqualTo(8 * (FlowLayout.PORT_RECIRC - ODP));
    assertThat(at.get("eth_dst")).isEqualTo(8 * (FlowLayout.ETH_DST_TYPE - ODP));
    assertThat(at.get("vlan")).isEqualTo(8 * (FlowLayout.VLANS - ODP));
    assertThat(at.get("nw_frag")).isEqualTo(8 * (FlowLayout.NW - ODP));
    assertThat(at.get("ipv4_src")).isEqualTo(8 * (FlowLayout.IPV4 - ODP));
    assertThat(at.get("ipv6_src")).isEqualTo(8 * (FlowLayout.IPV6_SRC - ODP));
    assertThat(at.get("ipv6_dst")).isEqualTo(8 * (FlowLayout.IPV6_DST - ODP));
    assertThat(at.get("tp_src")).isEqualTo(8 * (FlowLayout.TP - ODP));
    assertThat(at.get("arp_sha")).isEqualTo(8 * (FlowLayout.ARP_SHA - ODP));
    assertThat(at.get("nd_target")).isEqualTo(8 * (FlowLayout.ND_TARGET - ODP));
    assertThat(at.get("mpls_lse")).isEqualTo(8 * (FlowLayout.MPLS01 - ODP));
    assertThat(at.get("pbb_tci")).isEqualTo(8 * (FlowLayout.PBB - ODP));
    assertThat(at.get("skb_mark")).isEqualTo(8 * (FlowLayout.SKB - ODP));
    assertThat(at.get("packet_type")).isEqualTo(8 * (FlowLayout.TYPE_HASH - ODP));
    assertThat(at.get("ct_state")).isEqualTo(8 * (FlowLayout.CT - ODP));
    assertThat(at.get("ct_tp_src")).isEqualTo(8 * (FlowLayout.CT_TP - ODP));
    assertThat(at.get("nsh_flags")).isEqualTo(8 * (FlowLayout.NSH - ODP));
    assertThat(at.get("tun_id")).isEqualTo(8 * (FlowLayout.TUN_ID - ODP));
    assertThat(at.get("tun_flags")).isEqualTo(8 * (FlowLayout.TUN_FLAGS - ODP));
    assertThat(at.get("tun_gbp_id")).isEqualTo(8 * (FlowLayout.TUN_GBP - ODP));
    assertThat(at.get("tun_opts")).isEqualTo(8 * (FlowLayout.TUN_OPTS - ODP));
  }

  @Test
  void dropReasonsAndUpcallKindsAndActionsHaveTheSameCodes() {
    for (DropReason r : DropReason.values()) {
      if (r.code() < DropReason.FIRST_USERSPACE) {
        assertThat(btf.enumerators).containsEntry("DP_DROP_" + r.name(), r.code());
      }
    }
    for (UpcallKind k : UpcallKind.values()) {
      assertThat(btf.enumerators).containsEntry("DP_UPCALL_" + k.name(), k.code());
    }
    for (OdpActionKind k : OdpActionKind.values()) {
      Integer code = btf.enumerators.get("ODP_ACT_" + k.name());
      assertThat(code == null || code == k.code()).as(k.name()).isTrue();
    }
  }

  @Test
  void countersAndKindsHaveTheSameNumbers() throws Exception {
    for (Field f : Abi.Counter.class.getDeclaredFields()) {
      assertThat(btf.enumerators).containsEntry("DP_CNT_" + f.getName(), f.getInt(null));
    }
    assertThat(btf.enumerators)
        .containsEntry("DP_COUNTERS", Abi.COUNTERS)
        .containsEntry("DP_KIND_OTHER", Abi.Kind.OTHER)
        .containsEntry("DP_KIND_ARP", Abi.Kind.ARP)
        .containsEntry("DP_KIND_IPV4_OTHER", Abi.Kind.IPV4_OTHER)
        .containsEntry("DP_KIND_IPV4_TCP", Abi.Kind.IPV4_OTHER << 1)
        .containsEntry("DP_KIND_IPV4_ICMP", Abi.Kind.IPV4_OTHER << 3)
        .containsEntry("DP_KIND_IPV6_OTHER", Abi.Kind.IPV6_OTHER)
        .containsEntry("DP_KIND_IPV6_ICMP", Abi.Kind.IPV6_OTHER << 3);
  }
}
