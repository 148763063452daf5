// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import static org.beeswitch.flow.FlowLayout.*;

import org.beeswitch.flow.EthType;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.MacEntry;
import org.beeswitch.ofproto.state.MacTable;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.ofproto.state.Ports;

/**
 * Output to NORMAL: an Ethernet switch with MAC learning (OVS {@code xlate_normal}). All ports are
 * trunks of all VLANs; access ports come with their configuration. Looks at addresses and the outer
 * VLAN only, except at broadcast ARP, where it looks for gratuitous ARP as OVS does.
 */
final class Normal {
  private Normal() {}

  private static final long BROADCAST = 0xffffffffffffL;
  private static final int ARP_REQUEST = 1;

  static void output(Xlate x) {
    long[] flow = x.flow();
    long[] mask = x.mask();
    mask[ETH_SRC] |= 0xffffffffffff0000L;
    mask[ETH_DST_TYPE] |= 0xffffffffffff0000L;
    mask[VLANS] |= 0x0fffL << 32 | (long) VLAN_PRESENT << 32;

    BridgeState bridge = x.here();
    int inPort = (int) (flow[OF_PORTS] >>> 32);
    PortState in = bridge.ports().get(inPort);
    long src = flow[ETH_SRC] >>> 16;
    long dst = flow[ETH_DST_TYPE] >>> 16;
    int tci = (int) (flow[VLANS] >>> 32) & 0xffff;
    int vlan = (tci & VLAN_PRESENT) == 0 ? 0 : tci & 0xfff;

    // A packet that the controller made comes from no port: nothing to learn, and every port may
    // get it.
    if (in == null && !x.isPacketOutPort(inPort)) {
      x.warn("no input bundle, dropping");
      return;
    }
    if (EthType.isVlan((int) flow[ETH_DST_TYPE] & 0xffff) && (tci & VLAN_PRESENT) == 0) {
      x.warn("partial VLAN tag, dropping");
      return;
    }
    if (in != null && dst >>> 4 == 0x0180c2000000L >>> 4) {
      x.detail("packet has reserved destination MAC, dropping");
      return;
    }
    lookForGratuitousArp(flow, mask);
    if (in != null && !MacTable.isMulticast(src)) {
      learn(x, bridge, vlan, src, inPort);
    }
    if (MacTable.isMulticast(dst)) {
      x.detail("no learned MAC for destination, flooding");
      flood(x, bridge, inPort);
      return;
    }
    MacEntry e = bridge.macs().get(vlan, dst);
    x.out().dependencies.mac(bridge.number(), vlan, dst);
    if (e == null) {
      x.detail("no learned MAC for destination, flooding");
      flood(x, bridge, inPort);
    } else if (bridge.ports().get(e.ofPort()) == null) {
      x.warn("learned port is unknown, dropping");
    } else if (e.ofPort() == inPort) {
      x.detail("learned port is input port, dropping");
    } else {
      x.detail("forwarding to learned port");
      to(x, e.ofPort());
    }
  }

  private static void learn(Xlate x, BridgeState bridge, int vlan, long src, int inPort) {
    MacEntry e = bridge.macs().get(vlan, src);
    XlateOut out = x.out();
    out.dependencies.mac(bridge.number(), vlan, src);
    if (e != null && e.ofPort() == inPort) {
      out.effects.macSeen(e);
    } else if (!out.learns) {
      out.learns = true;
      out.learnBridge = bridge.number();
      out.learnVlan = vlan;
      out.learnMac = src;
      out.learnOfPort = inPort;
    }
  }

  private static void flood(Xlate x, BridgeState bridge, int inPort) {
    Ports ports = bridge.ports();
    for (int i = 0; i < ports.size(); i++) {
      int ofPort = ports.at(i).ofPort();
      if (ofPort != inPort) {
        to(x, ofPort);
      }
    }
  }

  /**
   * A tag with neither VID nor priority does not leave a trunk, nor does what it is around (OVS
   * {@code xvlan_put} without priority-tags, after which no further tag is counted).
   */
  private static void to(Xlate x, int ofPort) {
    long[] flow = x.flow();
    long vlans = flow[VLANS];
    if ((vlans >>> 32 & 0x1fff) == VLAN_PRESENT) {
      x.mask()[VLANS] |= 0xe000L << 32;
      if ((vlans >>> 32 & 0xe000) == 0) {
        x.mask()[VLANS] |= VLAN_PRESENT;
        flow[VLANS] = 0;
      }
    }
    x.outputTo(ofPort);
    flow[VLANS] = vlans;
  }

  /**
   * OVS wants to know of an ARP broadcast whether it is gratuitous, because bonds reflect these
   * (OVS {@code is_gratuitous_arp}). There are no bonds here, but its megaflows show that it has
   * looked, and ours are as its.
   */
  private static void lookForGratuitousArp(long[] flow, long[] mask) {
    if ((flow[ETH_DST_TYPE] & 0xffff) != EthType.ARP || flow[ETH_DST_TYPE] >>> 16 != BROADCAST) {
      return;
    }
    mask[NW] |= 0xffL << 32;
    if ((flow[NW] >>> 32 & 0xff) == ARP_REQUEST) {
      mask[IPV4] = -1L;
    }
  }
}
