// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import static org.beeswitch.flow.FlowLayout.ODP;

import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.odp.OdpActionKind;
import org.beeswitch.odp.OdpActions;

/**
 * What the programs can do: the Java side of {@code bpf-src/lib/actions.h} and {@code set.h}. A
 * list that is not wholly in here is for user space.
 */
final class KernelActions {
  private static final long MAC = 0xffff_ffff_ffff_0000L;

  private KernelActions() {}

  static boolean supports(OdpActions list) {
    if (list.size() > Abi.MAX_ACTIONS) {
      return false;
    }
    for (int i = 0; i < list.size(); i++) {
      if (!supports(list, i)) {
        return false;
      }
    }
    return true;
  }

  private static boolean supports(OdpActions list, int i) {
    return switch (list.kind(i)) {
      case OUTPUT -> list.arg(i) >= 1 && list.arg(i) <= OdpPort.MAX;
      case USERSPACE, POP_VLAN, DROP -> true;
      case PUSH_VLAN -> EthType.isVlan(list.arg(i) >>> 16);
      case SET -> (list.mask(i) & ~settable(list.word(i))) == 0 && isVlanTypeKept(list, i);
      case TRUNC,
          RECIRC,
          HASH,
          METER,
          PUSH_MPLS,
          POP_MPLS,
          PUSH_PBB,
          POP_PBB,
          CLONE,
          SAMPLE,
          CT,
          CT_CLEAR,
          SET_TUNNEL,
          CHECK_PKT_LEN,
          PUSH_NSH,
          POP_NSH,
          PUSH_ETH,
          POP_ETH ->
          false;
    };
  }

  /** SETs of Ethernet addresses, TOS and TTL, then one output: for the short way. */
  static boolean isLight(OdpActions list) {
    int sets = list.size() - 1;
    if (sets < 1 || sets > Abi.LIGHT_SETS || list.kind(sets) != OdpActionKind.OUTPUT) {
      return false;
    }
    for (int i = 0; i < sets; i++) {
      if (list.kind(i) != OdpActionKind.SET || (list.mask(i) & ~light(list.word(i))) != 0) {
        return false;
      }
    }
    return true;
  }

  private static long light(int word) {
    return switch (word + ODP) {
      case FlowLayout.ETH_DST_TYPE, FlowLayout.ETH_SRC -> MAC;
      case FlowLayout.NW -> 0x00ff_ff00_0000_0000L;
      default -> 0;
    };
  }

  /** A tag's TPID can be changed to another that the kernel knows as a VLAN's. */
  private static boolean isVlanTypeKept(OdpActions list, int i) {
    if (list.word(i) != FlowLayout.VLANS - ODP) {
      return true;
    }
    int tpidMask = (int) (list.mask(i) >>> 48);
    return tpidMask == 0 || tpidMask == 0xffff && EthType.isVlan((int) (list.value(i) >>> 48));
  }

  /** Bits of a key word that can be set. */
  static long settable(int word) {
    return switch (word + ODP) {
      case FlowLayout.ETH_DST_TYPE, FlowLayout.ETH_SRC, FlowLayout.ARP_SHA, FlowLayout.ARP_THA ->
          MAC;
      case FlowLayout.VLANS -> 0xffff_ffff_0000_0000L;
      case FlowLayout.NW -> 0x00ff_ffff_000f_ffffL;
      case FlowLayout.IPV4,
          FlowLayout.IPV6_SRC,
          FlowLayout.IPV6_SRC + 1,
          FlowLayout.IPV6_DST,
          FlowLayout.IPV6_DST + 1,
          FlowLayout.ND_TARGET,
          FlowLayout.ND_TARGET + 1,
          FlowLayout.SKB ->
          -1L;
      case FlowLayout.TP -> 0xffff_ffff_0000_0000L;
      default -> 0;
    };
  }
}
