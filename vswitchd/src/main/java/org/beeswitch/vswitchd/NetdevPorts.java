// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.util.Optional;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.netdev.Link;
import org.beeswitch.netdev.LinkFeatures;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.LinuxNetdev;
import org.beeswitch.netdev.Netdev;
import org.beeswitch.netdev.NetdevException;
import org.beeswitch.netdev.NetdevState;
import org.beeswitch.netdev.NetdevStats;
import org.beeswitch.netdev.Tap;
import org.beeswitch.ofproto.PortDevices;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortStats;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ports as Linux devices, or as what the datapath has in their place. A port is the device of its
 * name; if there is none, the one that the datapath uses, which has been renamed. {@code main}
 * alone.
 */
final class NetdevPorts implements PortDevices {
  private static final Logger log = LoggerFactory.getLogger(NetdevPorts.class);

  private final Dpif dpif;
  private final Links links;

  NetdevPorts(Dpif dpif, Links links) {
    this.dpif = dpif;
    this.links = links;
  }

  private Netdev device(DpifPort port) throws NetdevException {
    Optional<Link> renamed = Optional.empty();
    if (links.find(port.name()).isEmpty()) {
      renamed = links.find(port.ifindex());
    }
    if (renamed.isPresent()) {
      return new LinuxNetdev(links, renamed.get().name());
    }
    Netdev own = dpif.netdev(port.number());
    return own != null ? own : new LinuxNetdev(links, port.name());
  }

  @Override
  public PortDesc describe(DpifPort port, OfPort number) {
    Netdev device;
    NetdevState state;
    try {
      device = device(port);
      state = device.state();
    } catch (NetdevException e) {
      log.debug("port {}: {}", port.name(), e.getMessage());
      int config = PortDesc.CONFIG_PORT_DOWN;
      int down = PortDesc.STATE_LINK_DOWN;
      return new PortDesc(number, 0, port.name(), config, down, 0, 0, 0, 0, 0, 0);
    }
    LinkFeatures f = device.features();
    return new PortDesc(
        number,
        state.mac(),
        port.name(),
        state.up() ? 0 : PortDesc.CONFIG_PORT_DOWN,
        state.running() ? PortDesc.STATE_LIVE : PortDesc.STATE_LINK_DOWN,
        f.current(),
        f.advertised(),
        f.supported(),
        f.peer(),
        f.currentSpeedKbps(),
        f.maxSpeedKbps());
  }

  /** A port's counters, as the switch sees it; empty while its device is away. */
  Optional<NetdevStats> deviceStats(DpifPort port) {
    try {
      Netdev device = device(port);
      NetdevStats s = device.stats();
      boolean hostsEnd = port.kind() == PortKind.INTERNAL && !(device instanceof Tap);
      return Optional.of(hostsEnd ? s.swapped() : s);
    } catch (NetdevException e) {
      log.debug("port {}: {}", port.name(), e.getMessage());
      return Optional.empty();
    }
  }

  @Override
  public PortStats stats(DpifPort port, OfPort number) {
    return deviceStats(port)
        .map(
            s ->
                new PortStats(
                    number,
                    s.rxPackets(),
                    s.txPackets(),
                    s.rxBytes(),
                    s.txBytes(),
                    s.rxDropped(),
                    s.txDropped(),
                    s.rxErrors(),
                    s.txErrors(),
                    s.rxFrameErrors(),
                    s.rxOverErrors(),
                    s.rxCrcErrors(),
                    s.collisions(),
                    0,
                    0))
        .orElse(new PortStats(number, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 0));
  }

  @Override
  public boolean setUp(DpifPort port, boolean up) {
    try {
      device(port).setUp(up);
      return true;
    } catch (NetdevException e) {
      log.warn("port {}: {}", port.name(), e.getMessage());
      return false;
    }
  }
}
