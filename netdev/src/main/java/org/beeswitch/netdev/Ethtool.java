// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import static org.beeswitch.netdev.LinkFeatures.*;

import java.nio.charset.StandardCharsets;
import org.beeswitch.netdev.sys.NativeBuffer;
import org.beeswitch.netdev.sys.Netlink;
import org.beeswitch.netdev.sys.Sys;

/**
 * What drivers say of themselves, by the SIOCETHTOOL ioctl. ETHTOOL_GSET rather than its successor,
 * because that is what OVS 3.1 asks and what its port descriptions are made of: a mode that GSET
 * cannot name is one that OVS does not report.
 *
 * <p>One thread at a time ({@link Links} holds the lock).
 */
final class Ethtool implements AutoCloseable {
  private static final int SIOCETHTOOL = 0x8946;
  private static final int ETHTOOL_GSET = 1;
  private static final int ETHTOOL_GDRVINFO = 3;
  private static final int IFNAMSIZ = 16;

  // struct ethtool_cmd behind its command: supported, advertising, u16 speed, u8 duplex, port,
  // phy_address, transceiver, autoneg …, u16 speed_hi at 28.
  private static final int GSET_SIZE = 44;
  private static final int DRVINFO_SIZE = 196;

  // SUPPORTED_* and ADVERTISED_* (the same bits), and what each is for OpenFlow.
  private static final int[][] MODES = {
    {1, F_10MB_HD},
    {1 << 1, F_10MB_FD},
    {1 << 2, F_100MB_HD},
    {1 << 3, F_100MB_FD},
    {1 << 4, F_1GB_HD},
    {1 << 5 | 1 << 17, F_1GB_FD}, // 1000baseT, KX
    {1 << 12 | 1 << 18 | 1 << 19 | 1 << 20, F_10GB_FD}, // 10000baseT, KX4, KR, R_FEC
    {1 << 23 | 1 << 24 | 1 << 25 | 1 << 26, F_40GB_FD}, // 40000base KR4, CR4, SR4, LR4
    {1 << 7, F_COPPER}, // TP
    {1 << 10, F_FIBER},
    {1 << 6, F_AUTONEG},
    {1 << 13, F_PAUSE},
    {1 << 14, F_PAUSE_ASYM},
  };

  private static final int PORT_TP = 0;
  private static final int PORT_FIBRE = 3;

  private final int fd;
  private final NativeBuffer ifreq = new NativeBuffer(40);
  private final NativeBuffer data = new NativeBuffer(DRVINFO_SIZE);

  Ethtool() throws NetdevException {
    fd = Sys.socket(Sys.AF_INET, Sys.SOCK_DGRAM | Sys.SOCK_CLOEXEC, 0);
    if (fd < 0) {
      throw new NetdevException(-fd, "ethtool", "open socket");
    }
  }

  private int ask(String name, int command, int size) {
    byte[] raw = name.getBytes(StandardCharsets.UTF_8);
    if (raw.length >= IFNAMSIZ) {
      return -Errno.ENODEV;
    }
    ifreq.clear(0, ifreq.size());
    data.clear(0, size);
    ifreq.bytes().put(0, raw);
    ifreq.bytes().putLong(IFNAMSIZ, data.address());
    data.bytes().putInt(0, command);
    return Sys.ioctl(fd, SIOCETHTOOL, ifreq);
  }

  /** {@link LinkFeatures#NONE} of a device that cannot say, or is not there: as OVS reports it. */
  LinkFeatures features(String name) {
    if (ask(name, ETHTOOL_GSET, GSET_SIZE) < 0) {
      return NONE;
    }
    var b = data.bytes();
    int speed = b.getShort(12) & 0xffff | (b.getShort(28) & 0xffff) << 16;
    boolean full = b.get(14) != 0;
    int current =
        switch (speed) {
          case 0, -1 -> 0;
          case 10 -> full ? F_10MB_FD : F_10MB_HD;
          case 100 -> full ? F_100MB_FD : F_100MB_HD;
          case 1_000 -> full ? F_1GB_FD : F_1GB_HD;
          case 10_000 -> F_10GB_FD;
          case 40_000 -> F_40GB_FD;
          case 100_000 -> F_100GB_FD;
          case 1_000_000 -> F_1TB_FD;
          default -> F_OTHER;
        };
    int port = b.get(15);
    if (port == PORT_TP) {
      current |= F_COPPER;
    } else if (port == PORT_FIBRE) {
      current |= F_FIBER;
    }
    if (b.get(18) != 0) {
      current |= F_AUTONEG;
    }
    return new LinkFeatures(current, modes(b.getInt(8)), modes(b.getInt(4)), 0);
  }

  private static int modes(int ethtoolBits) {
    int features = 0;
    for (int[] mode : MODES) {
      if ((ethtoolBits & mode[0]) != 0) {
        features |= mode[1];
      }
    }
    return features;
  }

  /** The driver's name, such as {@code "veth"}; empty if it has none. */
  String driver(String name) {
    return ask(name, ETHTOOL_GDRVINFO, DRVINFO_SIZE) < 0 ? "" : Netlink.string(data.bytes(), 4, 32);
  }

  @Override
  public void close() {
    Sys.close(fd);
  }
}
