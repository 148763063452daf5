// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import java.nio.ByteOrder;
import org.beeswitch.netdev.sys.Netlink;

/**
 * Keeps what a device receives from the host's stack, and leaves it to packet sockets.
 *
 * <p>A packet socket gets a copy: the host would still answer ARP and TCP on a port device. Packet
 * sockets take theirs before tc ingress looks at the packet, so a tc filter that drops everything
 * leaves the copy as the only one. The filter is one classic BPF instruction, "return TC_ACT_SHOT",
 * because cls_bpf is in every kernel that can run this switch, matchall and gact are not, and
 * classic BPF needs no bpf(2).
 *
 * <p>The filter does not end with the process: after a kill -9 the device receives nothing until a
 * switch takes it again and gives it back, or {@code tc qdisc del dev … clsact}. That it belongs to
 * nobody then, {@link DeviceClaim} shows.
 */
final class IngressDrop implements AutoCloseable {
  private static final int RTM_NEWQDISC = 36;
  private static final int RTM_DELQDISC = 37;
  private static final int RTM_NEWTFILTER = 44;
  private static final int RTM_DELTFILTER = 45;
  private static final int RTM_GETTFILTER = 46;
  private static final int TC_H_CLSACT = 0xfffffff1;
  private static final int CLSACT_HANDLE = 0xffff0000;
  private static final int CLSACT_INGRESS = 0xfffffff2;
  private static final int CLSACT_EGRESS = 0xfffffff3;
  private static final int TCA_KIND = 1;
  private static final int TCA_OPTIONS = 2;
  private static final int TCA_BPF_OPS_LEN = 4;
  private static final int TCA_BPF_OPS = 5;
  private static final int TCA_BPF_FLAGS = 8;
  private static final int TCA_BPF_FLAG_ACT_DIRECT = 1;
  private static final int TC_ACT_SHOT = 2;
  private static final int BPF_RET_K = 6;

  /** Before everybody else's, whoever wants to pass packets to the host. */
  private static final int PRIORITY = 1;

  private static final short ETH_P_ALL = 3;

  /** Priority, and the EtherType in network order below it. */
  private static final int INFO =
      PRIORITY << 16
          | (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
              ? Short.reverseBytes(ETH_P_ALL)
              : ETH_P_ALL);

  private static final int HANDLE = 0xbee5;

  private final Netlink netlink;
  private final int ifindex;
  private final boolean ownsQdisc;

  private IngressDrop(Netlink netlink, int ifindex, boolean ownsQdisc) {
    this.netlink = netlink;
    this.ifindex = ifindex;
    this.ownsQdisc = ownsQdisc;
  }

  /** Puts the filter in force. The caller holds the device's {@link DeviceClaim}. */
  static IngressDrop attach(Link link) throws NetdevException {
    Netlink netlink = Netlink.open(0);
    if (netlink.error() < 0) {
      throw new NetdevException(-netlink.error(), "rtnetlink", "open socket");
    }
    int error = newQdisc(netlink, link.ifindex());
    boolean madeQdisc = error == 0;
    if (error == 0 || error == -Errno.EEXIST) {
      error = newFilter(netlink, link.ifindex());
      if (error == 0 || error == -Errno.EEXIST) {
        // A filter that was there is one that a killed switch left, with the qdisc.
        return new IngressDrop(netlink, link.ifindex(), madeQdisc || error == -Errno.EEXIST);
      }
      if (madeQdisc) {
        deleteQdisc(netlink, link.ifindex());
      }
    }
    String detail =
        netlink.complaint()
            + " ('tc filter show dev "
            + link.name()
            + " ingress' shows what is there)";
    netlink.close();
    throw new NetdevException(-error, link.name(), "keep packets from the host", detail.trim());
  }

  private static int newQdisc(Netlink netlink, int ifindex) {
    begin(
        netlink,
        RTM_NEWQDISC,
        Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL,
        ifindex,
        CLSACT_HANDLE,
        TC_H_CLSACT,
        0);
    netlink.attr(TCA_KIND, "clsact");
    return netlink.transact();
  }

  private static int newFilter(Netlink netlink, int ifindex) {
    begin(
        netlink,
        RTM_NEWTFILTER,
        Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL,
        ifindex,
        HANDLE,
        CLSACT_INGRESS,
        INFO);
    netlink.attr(TCA_KIND, "bpf");
    int options = netlink.nest(TCA_OPTIONS);
    netlink.attrShort(TCA_BPF_OPS_LEN, 1);
    // struct sock_filter {u16 code; u8 jt, jf; u32 k}
    int ops = netlink.nest(TCA_BPF_OPS);
    netlink.putShort(BPF_RET_K);
    netlink.putShort(0);
    netlink.putInt(TC_ACT_SHOT);
    netlink.endNest(ops);
    netlink.attrInt(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
    netlink.endNest(options);
    return netlink.transact();
  }

  private static int deleteQdisc(Netlink netlink, int ifindex) {
    begin(netlink, RTM_DELQDISC, 0, ifindex, CLSACT_HANDLE, TC_H_CLSACT, 0);
    return netlink.transact();
  }

  /** Whether anybody has filters at a hook of the device. */
  private boolean hasFilters(int parent) {
    begin(netlink, RTM_GETTFILTER, Netlink.NLM_F_DUMP, ifindex, 0, parent, 0);
    boolean[] any = {false};
    int error = netlink.transact((type, b, from, to) -> any[0] |= type == RTM_NEWTFILTER);
    return error < 0 || any[0];
  }

  private static void begin(
      Netlink netlink, int type, int flags, int ifindex, int handle, int parent, int info) {
    netlink.begin(type, flags);
    netlink.putInt(0); // struct tcmsg: family and padding
    netlink.putInt(ifindex);
    netlink.putInt(handle);
    netlink.putInt(parent);
    netlink.putInt(info);
  }

  /** Gives the device back to the host. Nothing is left to do if it is gone. */
  @Override
  public void close() {
    begin(netlink, RTM_DELTFILTER, 0, ifindex, HANDLE, CLSACT_INGRESS, INFO);
    netlink.attr(TCA_KIND, "bpf");
    int error = netlink.transact();
    if (error == 0 && ownsQdisc && !hasFilters(CLSACT_INGRESS) && !hasFilters(CLSACT_EGRESS)) {
      deleteQdisc(netlink, ifindex);
    }
    netlink.close();
  }
}
