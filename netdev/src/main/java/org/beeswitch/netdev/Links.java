// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.beeswitch.netdev.sys.Netlink;

/**
 * The kernel's network devices: what there are, how they are set, and making and removing them.
 *
 * <p>Devices are looked up by name, as the operator knows them, and changed by ifindex, so that a
 * change never hits another device that has just taken the name. Every method is one question to
 * the kernel (20 to 50 µs) and remembers nothing; who wants to hear of changes uses {@link
 * LinkMonitor}.
 *
 * <p>Any thread may call; calls take turns. An instance sees the network namespace of the thread
 * that opened it, except for {@link #disableIpv6}, which is about that of the caller.
 *
 * <h2>Errors</h2>
 *
 * {@link NetdevException} with the kernel's errno: ENODEV (the device is gone), EPERM, EEXIST (a
 * name is taken), EBUSY, EINVAL and ERANGE (a value the driver refuses). That a device is not there
 * is an answer to {@link #find} and an error to everything else.
 */
public final class Links implements AutoCloseable {
  private static final int AF_UNSPEC = 0;

  /** A dump that changed while it was read is read again, so often at most. */
  private static final int DUMP_ATTEMPTS = 10;

  private final Netlink netlink;
  private final Ethtool ethtool;

  private Links(Netlink netlink, Ethtool ethtool) {
    this.netlink = netlink;
    this.ethtool = ethtool;
  }

  public static Links open() throws NetdevException {
    Netlink netlink = Netlink.open(0);
    if (netlink.error() < 0) {
      throw new NetdevException(-netlink.error(), "rtnetlink", "open socket");
    }
    try {
      return new Links(netlink, new Ethtool());
    } catch (NetdevException e) {
      netlink.close();
      throw e;
    }
  }

  /** All devices, by ifindex. */
  public synchronized List<Link> all() throws NetdevException {
    for (int attempt = 1; ; attempt++) {
      List<Link> links = new ArrayList<>();
      begin(LinkMessage.RTM_GETLINK, Netlink.NLM_F_DUMP, 0, 0, 0);
      netlink.attrInt(LinkMessage.IFLA_EXT_MASK, LinkMessage.RTEXT_FILTER_SKIP_STATS);
      int error =
          netlink.transact(
              (type, b, from, to) -> {
                if (type == LinkMessage.RTM_NEWLINK) {
                  links.add(LinkMessage.link(b, from, to));
                }
              });
      if (error == 0) {
        links.sort(Comparator.comparingInt(Link::ifindex));
        return links;
      } else if (error != -Errno.EINTR || attempt == DUMP_ATTEMPTS) {
        throw new NetdevException(-error, "devices", "list", netlink.complaint());
      }
    }
  }

  /** The device with that name, if there is one. */
  public synchronized Optional<Link> find(String name) throws NetdevException {
    if (!isValidName(name)) {
      return Optional.empty();
    }
    begin(LinkMessage.RTM_GETLINK, 0, 0, 0, 0);
    netlink.attr(LinkMessage.IFLA_IFNAME, name);
    return find0(name);
  }

  /** The device with that number, if there is one. */
  public synchronized Optional<Link> find(int ifindex) throws NetdevException {
    if (ifindex <= 0) {
      return Optional.empty();
    }
    begin(LinkMessage.RTM_GETLINK, 0, ifindex, 0, 0);
    return find0("device " + ifindex);
  }

  private Optional<Link> find0(String object) throws NetdevException {
    netlink.attrInt(LinkMessage.IFLA_EXT_MASK, LinkMessage.RTEXT_FILTER_SKIP_STATS);
    List<Link> found = new ArrayList<>(1);
    int error = netlink.transact((type, b, from, to) -> found.add(LinkMessage.link(b, from, to)));
    if (error == -Errno.ENODEV) {
      return Optional.empty();
    } else if (error < 0) {
      throw new NetdevException(-error, object, "look up", netlink.complaint());
    }
    return found.stream().findFirst();
  }

  /** As {@link #find(String)}, where absence is an error. */
  public Link get(String name) throws NetdevException {
    return find(name).orElseThrow(() -> new NetdevException(Errno.ENODEV, name, "look up"));
  }

  /** As {@link #find(int)}, where absence is an error. */
  public Link get(int ifindex) throws NetdevException {
    return find(ifindex)
        .orElseThrow(() -> new NetdevException(Errno.ENODEV, "device " + ifindex, "look up"));
  }

  /** The device's own counters, as the host sees them ({@code ip -s link}). */
  public synchronized NetdevStats stats(int ifindex) throws NetdevException {
    begin(LinkMessage.RTM_GETLINK, 0, ifindex, 0, 0);
    List<NetdevStats> found = new ArrayList<>(1);
    check(
        netlink.transact(
            (type, b, from, to) ->
                Netlink.forEachAttr(
                    b,
                    from + LinkMessage.IFINFOMSG_SIZE,
                    to,
                    (attr, bytes, at, len) -> {
                      if (attr == LinkMessage.IFLA_STATS64) {
                        found.add(LinkMessage.stats(bytes, at));
                      }
                    })),
        "device " + ifindex,
        "read statistics");
    if (found.isEmpty()) {
      throw new NetdevException(Errno.EOPNOTSUPP, "device " + ifindex, "read statistics");
    }
    return found.get(0);
  }

  /** What the driver says of the link; {@link LinkFeatures#NONE} if it says nothing. */
  public synchronized LinkFeatures features(String name) {
    return ethtool.features(name);
  }

  /** The driver's name, such as {@code "veth"}; empty if the device has none. */
  public synchronized String driver(String name) {
    return ethtool.driver(name);
  }

  public void setUp(int ifindex, boolean up) throws NetdevException {
    setFlags(ifindex, Link.IFF_UP, up ? Link.IFF_UP : 0, up ? "set up" : "set down");
  }

  public void setPromisc(int ifindex, boolean on) throws NetdevException {
    setFlags(ifindex, Link.IFF_PROMISC, on ? Link.IFF_PROMISC : 0, "set promiscuous " + on);
  }

  private synchronized void setFlags(int ifindex, int which, int flags, String call)
      throws NetdevException {
    begin(LinkMessage.RTM_NEWLINK, 0, ifindex, flags, which);
    check(netlink.transact(), "device " + ifindex, call);
  }

  public synchronized void setMtu(int ifindex, int mtu) throws NetdevException {
    begin(LinkMessage.RTM_NEWLINK, 0, ifindex, 0, 0);
    netlink.attrInt(LinkMessage.IFLA_MTU, mtu);
    check(netlink.transact(), "device " + ifindex, "set MTU " + mtu);
  }

  /**
   * @param mac in the low 48 bits
   */
  public synchronized void setMac(int ifindex, long mac) throws NetdevException {
    byte[] address = new byte[6];
    for (int i = 0; i < 6; i++) {
      address[i] = (byte) (mac >>> (40 - 8 * i));
    }
    begin(LinkMessage.RTM_NEWLINK, 0, ifindex, 0, 0);
    netlink.attr(LinkMessage.IFLA_ADDRESS, address);
    check(netlink.transact(), "device " + ifindex, "set MAC address");
  }

  /** Gives the device a name. Drivers and kernels before 6.2 may want it down for that (EBUSY). */
  public synchronized void rename(int ifindex, String name) throws NetdevException {
    requireName(name);
    begin(LinkMessage.RTM_NEWLINK, 0, ifindex, 0, 0);
    netlink.attr(LinkMessage.IFLA_IFNAME, name);
    check(netlink.transact(), "device " + ifindex, "rename to " + name);
  }

  /** Moves the device into the network namespace that the file descriptor stands for. */
  public synchronized void setNetns(int ifindex, int netnsFd) throws NetdevException {
    begin(LinkMessage.RTM_NEWLINK, 0, ifindex, 0, 0);
    netlink.attrInt(LinkMessage.IFLA_NET_NS_FD, netnsFd);
    check(netlink.transact(), "device " + ifindex, "move to another namespace");
  }

  /** Makes two devices joined by a wire, both down. EEXIST if either name is taken. */
  public synchronized void createVeth(String name, String peer) throws NetdevException {
    requireName(name);
    requireName(peer);
    begin(LinkMessage.RTM_NEWLINK, Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL, 0, 0, 0);
    netlink.attr(LinkMessage.IFLA_IFNAME, name);
    int info = netlink.nest(LinkMessage.IFLA_LINKINFO);
    netlink.attr(LinkMessage.IFLA_INFO_KIND, "veth");
    int data = netlink.nest(LinkMessage.IFLA_INFO_DATA);
    int peerInfo = netlink.nest(LinkMessage.VETH_INFO_PEER);
    netlink.putZeros(LinkMessage.IFINFOMSG_SIZE);
    netlink.attr(LinkMessage.IFLA_IFNAME, peer);
    netlink.endNest(peerInfo);
    netlink.endNest(data);
    netlink.endNest(info);
    check(netlink.transact(), name, "create veth with peer " + peer);
  }

  /** Removes the device; a veth's other end goes too. */
  public synchronized void delete(int ifindex) throws NetdevException {
    begin(LinkMessage.RTM_DELLINK, 0, ifindex, 0, 0);
    check(netlink.transact(), "device " + ifindex, "delete");
  }

  /**
   * Keeps the host from using IPv6 on the device, and so from sending neighbour discovery out of it
   * by itself. In the network namespace of the calling thread.
   */
  public void disableIpv6(String name) throws NetdevException {
    if (!isValidName(name)) {
      throw new NetdevException(Errno.ENODEV, name, "disable IPv6");
    }
    Path all = Path.of("/proc/sys/net/ipv6/conf");
    if (!Files.isDirectory(all)) {
      return; // A kernel without IPv6.
    }
    try {
      Files.write(
          all.resolve(name).resolve("disable_ipv6"), "1".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      int errno = Files.isDirectory(all.resolve(name)) ? Errno.EACCES : Errno.ENODEV;
      throw new NetdevException(errno, name, "disable IPv6", String.valueOf(e.getMessage()));
    }
  }

  /** What the kernel takes as a device's name. */
  public static boolean isValidName(String name) {
    if (name.isEmpty() || name.equals(".") || name.equals("..")) {
      return false;
    }
    if (name.getBytes(StandardCharsets.UTF_8).length > Link.MAX_NAME_LENGTH) {
      return false;
    }
    return name.chars().noneMatch(c -> c == '/' || c == ':' || c == '%' || c <= ' ');
  }

  private static void requireName(String name) throws NetdevException {
    if (!isValidName(name)) {
      throw new NetdevException(
          Errno.EINVAL,
          name,
          "name a device",
          "1 to " + Link.MAX_NAME_LENGTH + " bytes without '/', ':', '%' or spaces");
    }
  }

  private void begin(int type, int nlFlags, int ifindex, int flags, int change) {
    netlink.begin(type, nlFlags);
    netlink.putByte(AF_UNSPEC);
    netlink.putZeros(3);
    netlink.putInt(ifindex);
    netlink.putInt(flags);
    netlink.putInt(change);
  }

  private void check(int error, String object, String call) throws NetdevException {
    if (error < 0) {
      throw new NetdevException(-error, object, call, netlink.complaint());
    }
  }

  @Override
  public synchronized void close() {
    netlink.close();
    ethtool.close();
  }
}
