// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

/**
 * A network device of the kernel as it was at one moment.
 *
 * @param ifindex the kernel's number for it; never given again while the system runs, unlike names
 * @param hardwareType {@code ARPHRD_*}: 1 for Ethernet
 * @param flags {@code IFF_*}
 * @param mac the Ethernet address in the low 48 bits; 0 if the device has none
 * @param carrier whether the driver sees a link, {@link #isUp} or not
 * @param kind {@code "veth"}, {@code "tun"}, …; empty for hardware and loopback
 * @param masterIfindex of the bridge, bond or VRF that it belongs to; 0 if none
 * @param peerIfindex of the device it is stacked on, or of a veth's other end, which may be in
 *     another namespace; 0 if none
 * @param peerElsewhere whether {@code peerIfindex} counts in another network namespace
 */
public record Link(
    int ifindex,
    String name,
    int hardwareType,
    int flags,
    int mtu,
    long mac,
    OperState operState,
    boolean carrier,
    String kind,
    int masterIfindex,
    int peerIfindex,
    boolean peerElsewhere) {
  private static final int ARPHRD_ETHER = 1;

  static final int IFF_UP = 1;
  static final int IFF_LOOPBACK = 8;
  static final int IFF_RUNNING = 0x40;
  static final int IFF_PROMISC = 0x100;

  /** Longest device name. */
  public static final int MAX_NAME_LENGTH = 15;

  /** What RFC 2863 calls the operational state. */
  public enum OperState {
    /** The driver does not say: loopback, tap devices. */
    UNKNOWN,
    NOT_PRESENT,
    DOWN,
    LOWER_LAYER_DOWN,
    TESTING,
    DORMANT,
    UP;

    private static final OperState[] VALUES = values();

    static OperState of(int ifOper) {
      return ifOper >= 0 && ifOper < VALUES.length ? VALUES[ifOper] : UNKNOWN;
    }
  }

  /** Whether the administrator turned it on. */
  public boolean isUp() {
    return (flags & IFF_UP) != 0;
  }

  /** Whether it is up and passes packets: what OpenFlow's LINK_DOWN is the opposite of. */
  public boolean isRunning() {
    return (flags & IFF_RUNNING) != 0;
  }

  public boolean isPromisc() {
    return (flags & IFF_PROMISC) != 0;
  }

  /** Whether it carries Ethernet frames between machines, so that it can be a port. */
  public boolean isEthernet() {
    return hardwareType == ARPHRD_ETHER;
  }

  /**
   * Checks that it can be a switch's port.
   *
   * @throws NetdevException EINVAL: it is no Ethernet device; EBUSY: it is part of a Linux bridge,
   *     a bond or a VRF, which want its packets too
   */
  public void requireFitForPort() throws NetdevException {
    if (!isEthernet()) {
      throw new NetdevException(Errno.EINVAL, name, "make a port", "not an Ethernet device");
    }
    if (masterIfindex != 0) {
      throw new NetdevException(
          Errno.EBUSY,
          name,
          "make a port",
          "it belongs to device "
              + masterIfindex
              + "; 'ip link set "
              + name
              + " nomaster' frees it");
    }
  }

  public boolean isLoopback() {
    return (flags & IFF_LOOPBACK) != 0;
  }
}
