// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.NetdevException;
import org.beeswitch.ofproto.Backer;
import org.beeswitch.ofproto.Ofproto;
import org.beeswitch.ofproto.connmgr.Connmgr;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.openflow.channel.Streams;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.vswitchd.config.BridgeConfig;
import org.beeswitch.vswitchd.config.ConfigException;
import org.beeswitch.vswitchd.config.PortConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One bridge of the daemon: its switch ({@link Ofproto}), its ports in the datapath, its
 * connections ({@link Controllers}).
 *
 * <p><b>LOCAL</b> is an internal port with the bridge's name ({@link LocalPort}). Its address is
 * the datapath id, unless one is configured. When the datapath id changes all connections are made
 * anew, for no message could tell it.
 *
 * <p>{@code main} alone.
 */
final class Bridge implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Bridge.class);

  private final String name;
  private final Backer backer;
  private final Dpif dpif;
  private final Connmgr connmgr;
  private final Controllers controllers;
  private final LocalPort local;
  private final @Nullable Long configuredDpid;
  private long dpid;
  private boolean announced;

  /** Whether a file has said what is in its tables. */
  private boolean flowsLoaded;

  /** Datapath ports by device name, LOCAL included. */
  private final Map<String, OdpPort> devices = new LinkedHashMap<>();

  /** Patch ports by name. */
  private final Map<String, OfPort> patches = new HashMap<>();

  private Bridge(
      String name,
      Backer backer,
      Connmgr connmgr,
      Controllers controllers,
      LocalPort local,
      @Nullable Long configuredDpid,
      OdpPort localOdp) {
    this.name = name;
    this.backer = backer;
    this.dpif = backer.dpif();
    this.connmgr = connmgr;
    this.controllers = controllers;
    this.local = local;
    this.configuredDpid = configuredDpid;
    this.dpid = configuredDpid != null ? configuredDpid : local.ownAddress();
    devices.put(name, localOdp);
  }

  /**
   * Makes a bridge with LOCAL as its only port, without connections to controllers.
   *
   * @throws ConfigException what stands in the way
   */
  static Bridge create(
      BridgeConfig config,
      Backer backer,
      NetdevPorts netdevs,
      Links links,
      Streams streams,
      Runnable wakeMain,
      long nowNs)
      throws ConfigException {
    String name = config.name();
    OdpPort local = addToDatapath(backer.dpif(), name, name, PortKind.INTERNAL);
    try {
      LocalPort localPort = new LocalPort(links, name);
      Connmgr connmgr =
          new Connmgr(
              listener -> new Ofproto(backer, name, netdevs, listener),
              config.dpid() != null ? config.dpid() : localPort.ownAddress(),
              config.identity(),
              wakeMain);
      Controllers controllers;
      try {
        controllers =
            new Controllers(name, connmgr, streams, config.protocols(), config.failMode());
      } catch (IOException e) {
        connmgr.ofproto().remove();
        throw new ConfigException("bridge " + name + ": " + e.getMessage(), e);
      }
      connmgr.ofproto().addPort(dpifPort(backer.dpif(), local), OfPort.LOCAL, nowNs);
      controllers.begin(nowNs);
      return new Bridge(name, backer, connmgr, controllers, localPort, config.dpid(), local);
    } catch (ConfigException e) {
      deleteFromDatapath(backer.dpif(), name, local);
      throw e;
    } catch (NetdevException e) {
      deleteFromDatapath(backer.dpif(), name, local);
      throw new ConfigException("bridge " + name + ": " + e.getMessage(), e);
    }
  }

  private static OdpPort addToDatapath(Dpif dpif, String bridge, String device, PortKind kind)
      throws ConfigException {
    try {
      return dpif.portAdd(device, kind);
    } catch (DpifException e) {
      throw new ConfigException("bridge " + bridge + ": " + e.getMessage(), e);
    }
  }

  private static void deleteFromDatapath(Dpif dpif, String device, OdpPort port) {
    try {
      dpif.portDel(port);
    } catch (DpifException e) {
      log.warn("port {} cannot be taken out of the datapath: {}", device, e.getMessage());
    }
  }

  private static DpifPort dpifPort(Dpif dpif, OdpPort number) {
    for (DpifPort p : dpif.ports()) {
      if (p.number().equals(number)) {
        return p;
      }
    }
    throw new IllegalStateException("datapath port " + number + " is gone");
  }

  String name() {
    return name;
  }

  long dpid() {
    return dpid;
  }

  Ofproto ofproto() {
    return connmgr.ofproto();
  }

  Connmgr connmgr() {
    return connmgr;
  }

  Controllers controllers() {
    return controllers;
  }

  // Ports.

  /**
   * Adds a device or one end of a patch.
   *
   * @return its OpenFlow port number
   */
  OfPort addPort(PortConfig config, long nowNs) throws ConfigException {
    OfPort wanted = config.ofPort() == null ? null : OfPort.of(config.ofPort());
    PortState holder = wanted == null ? null : ofproto().state().ports().get(wanted.number());
    if (holder != null) {
      throw new ConfigException(
          "port "
              + config.name()
              + ": OpenFlow port number "
              + wanted
              + " of bridge "
              + name
              + " is port "
              + holder.name()
              + "'s: choose another");
    }
    if (wanted == null && !ofproto().hasFreePortNumber()) {
      throw new ConfigException(
          "port "
              + config.name()
              + ": bridge "
              + name
              + " has given away all port numbers that it gives itself: ask for one above them");
    }
    if (config.peer() != null) {
      OfPort number =
          ofproto().addPatchPort(config.name(), wanted, randomMac(), nowNs).desc().port();
      patches.put(config.name(), number);
      return number;
    }
    OdpPort port = addToDatapath(dpif, name, config.name(), PortKind.SYSTEM);
    devices.put(config.name(), port);
    OfPort number = ofproto().addPort(dpifPort(dpif, port), wanted, nowNs).desc().port();
    local.noteMtu(config.name());
    fitLocal();
    return number;
  }

  /** Writes into the log what there is from now on. */
  void announce() {
    announced = true;
    log.info("bridge {}: datapath id {}", name, String.format("%016x", dpid));
  }

  /** A locally administered unicast address, for what has no device. */
  private static long randomMac() {
    return ThreadLocalRandom.current().nextLong(1L << 40) | 0x02L << 40;
  }

  void deletePort(String port) {
    PortState p = ofproto().state().ports().byName(port);
    if (p != null) {
      ofproto().removePort(p.desc().port());
    }
    patches.remove(port);
    OdpPort odp = devices.remove(port);
    if (odp != null) {
      deleteFromDatapath(dpif, port, odp);
      local.forgetMtu(port);
    }
    fitLocal();
  }

  /** The OpenFlow port of a patch port, or null. */
  @Nullable OfPort patchPort(String port) {
    return patches.get(port);
  }

  /** Looks at a device again, if it is a port of this bridge. */
  void refresh(int ifindex, String device) {
    ofproto().refreshPorts(ifindex, device);
    if (devices.containsKey(device)) {
      local.noteMtu(device);
      fitLocal();
    }
  }

  /** Makes LOCAL, and the datapath id, what the other ports make of them. */
  private void fitLocal() {
    long mac = local.address(ofproto().state().ports());
    if (local.fit(ofproto().state().ports(), mac)) {
      ofproto().refreshPorts(0, name);
    }
    long id = configuredDpid != null ? configuredDpid : mac;
    if (id != dpid) {
      dpid = id;
      connmgr.setDatapathId(id);
      if (announced) {
        announce();
        controllers.reconnect("the datapath id has changed");
      }
    }
  }

  // After a restart.

  void noteFlowsLoaded() {
    flowsLoaded = true;
  }

  /** Whether its tables are what they are to be, after a restart. */
  boolean areTablesBack() {
    return flowsLoaded || controllers.areTablesBack();
  }

  // Work.

  int doWork(long nowNs) {
    int done = controllers.doWork(nowNs);
    if (ofproto().expire(nowNs)) {
      done++;
    }
    return done;
  }

  /** Takes the bridge away: connections, state, ports. */
  @Override
  public void close() {
    close(false);
  }

  /**
   * @param keepPorts leave the ports to the datapath, which is to go on without us
   */
  void close(boolean keepPorts) {
    controllers.close();
    if (!keepPorts) {
      connmgr.ofproto().remove();
      for (Map.Entry<String, OdpPort> d : List.copyOf(devices.entrySet())) {
        deleteFromDatapath(dpif, d.getKey(), d.getValue());
      }
      devices.clear();
    }
    log.debug("bridge {} closed; {} megaflows", name, backer.udpif().flowCount());
  }
}
