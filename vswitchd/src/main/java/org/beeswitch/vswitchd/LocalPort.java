// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.beeswitch.netdev.Link;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.NetdevException;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.ofproto.state.Ports;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device of a bridge's LOCAL port: what its address and its MTU are by those of the other ports
 * (OVS {@code find_local_hw_addr} and {@code update_mtu_ofproto}).
 *
 * <p><b>Address.</b> The lowest of the other ports', as they are at any time; of those only that a
 * manufacturer gave, and that are no protocol's. Without any it is the one that the device was made
 * with. Somebody who sets another is overruled.
 *
 * <p><b>MTU.</b> When the least of the other devices' changes it becomes that; it may be made
 * smaller until then, and never more.
 *
 * <p>{@code main} alone.
 */
final class LocalPort {
  private static final Logger log = LoggerFactory.getLogger(LocalPort.class);

  private static final long MULTICAST = 1L << 40;
  private static final long LOCALLY_ADMINISTERED = 1L << 41;

  /** Addresses of Extreme's protocols, the only reserved ones that are not multicast. */
  private static final long EDP = 0x00e02b000000L;

  private static final long EAPS = 0x00e02b000004L;
  private static final long EAPS_SHARED = 0x00e02b000006L;

  private static final int DEFAULT_MTU = 1_500;

  private final Links links;
  private final String name;
  private final long ownAddress;

  /** Of devices, by name, its own included; of one that is away, its last. */
  private final Map<String, Integer> mtus = new HashMap<>();

  private int leastMtu = DEFAULT_MTU;

  /**
   * @param name of the device, which is there
   */
  LocalPort(Links links, String name) throws NetdevException {
    this.links = links;
    this.name = name;
    Link device = links.get(name);
    this.ownAddress = device.mac();
    mtus.put(name, device.mtu());
  }

  /** The address that the device was made with. */
  long ownAddress() {
    return ownAddress;
  }

  /** The address that it should have. */
  long address(Ports ports) {
    long lowest = Long.MAX_VALUE;
    for (PortState p : ports.asList()) {
      long mac = p.desc().hwAddr();
      if (p.ofPort() != PortState.LOCAL && mayBeABridges(mac)) {
        lowest = Math.min(lowest, mac);
      }
    }
    return lowest == Long.MAX_VALUE ? ownAddress : lowest;
  }

  /** Whether it is one machine's alone; 0 is none. */
  static boolean mayBeABridges(long mac) {
    return mac != 0
        && (mac & (MULTICAST | LOCALLY_ADMINISTERED)) == 0
        && mac != EDP
        && mac != EAPS
        && mac != EAPS_SHARED;
  }

  /** Looks at a device of the bridge, which may be away. */
  void noteMtu(String device) {
    try {
      Optional<Link> link = links.find(device);
      link.ifPresent(l -> mtus.put(device, l.mtu()));
    } catch (NetdevException e) {
      log.warn("bridge {}: {}", name, e.getMessage());
    }
  }

  void forgetMtu(String device) {
    mtus.remove(device);
  }

  /** Sets address and MTU where they are not what they should be; whether any was. */
  boolean fit(Ports ports, long address) {
    PortState local = ports.get(PortState.LOCAL);
    long has = local == null ? 0 : local.desc().hwAddr();
    boolean newAddress = has != 0 && has != address; // 0: the device is away
    int least =
        mtus.entrySet().stream()
            .filter(e -> !e.getKey().equals(name))
            .mapToInt(Map.Entry::getValue)
            .min()
            .orElse(DEFAULT_MTU);
    int mtu = mtus.getOrDefault(name, least);
    boolean newMtu = least == leastMtu ? mtu > least : mtu != least;
    leastMtu = least;
    if (!newAddress && !newMtu) {
      return false;
    }
    try {
      int ifindex = links.get(name).ifindex();
      if (newAddress) {
        links.setMac(ifindex, address);
      }
      if (newMtu) {
        links.setMtu(ifindex, least);
        mtus.put(name, least);
      }
      return true;
    } catch (NetdevException e) {
      log.warn("bridge {} does not become what its ports make it: {}", name, e.getMessage());
      return false;
    }
  }
}
