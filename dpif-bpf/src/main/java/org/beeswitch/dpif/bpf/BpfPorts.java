// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.dpif.RefusedUpcalls;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.netdev.DeviceClaim;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.Link;
import org.beeswitch.netdev.LinkEvent;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.NetdevException;
import org.beeswitch.netdev.sys.Sys;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ports: devices with our program at their tc ingress. What the programs know of them is in
 * {@link PortRecords}.
 *
 * <h2>Devices</h2>
 *
 * A SYSTEM port is a device that is there. An INTERNAL port is a veth pair that we make: one end
 * has the port's name and is the host's, with its counters and tcpdump; the program is on the other
 * end, which is up, and to which outputs go. In the kernel's map a port's {@code ifindex} is always
 * that of the device with the program.
 *
 * <p>A device that disappears leaves the port without an ifindex: outputs to it are dropped and
 * counted. When a device of its name is back the program is attached again. A device that moves to
 * another network namespace is gone to us; its attachment would stay, so it is taken off. That it
 * is promiscuous stays, as with OVS: it cannot be reached from here any more. A device that is
 * renamed stays the port's until another has the port's name.
 *
 * <h2>Threads</h2>
 *
 * Adding, deleting and {@link #onLink}: one at a time, under the lock. Reading: any.
 */
final class BpfPorts {
  private static final Logger LOG = LoggerFactory.getLogger(BpfPorts.class);

  /** What the pin of a port's attachment is called, with its number behind. */
  private static final String PIN = "port-";

  private static final class Port {
    final OdpPort number;
    final String name;
    final PortKind kind;
    int ifindex; // with the program; 0: gone
    int hostIfindex;
    int linkFd = -1;
    @Nullable DeviceClaim claim;

    /** Whether somebody has added it since this process began. */
    boolean wanted;

    Port(OdpPort number, String name, PortKind kind) {
      this.number = number;
      this.name = name;
      this.kind = kind;
    }

    DpifPort toDpifPort() {
      return new DpifPort(number, name, kind, hostIfindex);
    }
  }

  private final BpfSystem system;
  private final Links links;
  private final Pins pins;
  private final String devicePrefix;
  private final PortRecords records;
  private final TreeMap<Integer, Port> byNumber = new TreeMap<>();
  private int handlers;
  private int nextNumber = 1;

  /**
   * @param devicePrefix that names of devices that we make begin with, this rundir's own
   */
  BpfPorts(BpfSystem system, Links links, Pins pins, String devicePrefix) {
    this.system = system;
    this.links = links;
    this.pins = pins;
    this.devicePrefix = devicePrefix;
    this.records = new PortRecords(system);
  }

  synchronized List<DpifPort> list() {
    List<DpifPort> all = new ArrayList<>(byNumber.size());
    byNumber.values().forEach(p -> all.add(p.toDpifPort()));
    return all;
  }

  synchronized OdpPort add(String name, PortKind kind) throws DpifException {
    Port there = find(name);
    if (there != null && there.wanted) {
      throw new DpifException(Errno.EBUSY, "add port " + name + ": it is a port already");
    }
    if (there != null && there.kind == kind) {
      return addAgain(there);
    }
    if (there != null) {
      delete(there.number); // what an earlier process had by that name was something else
    }
    Port port = new Port(freeNumber(name), name, kind);
    port.wanted = true;
    try {
      if (kind == PortKind.INTERNAL) {
        makeVeth(port);
      }
      attach(port, device(port), hostDevice(port));
    } catch (NetdevException e) {
      throw new DpifException(e.errno(), "add port " + e.getMessage(), e);
    }
    byNumber.put(port.number.number(), port);
    return port.number;
  }

  private @Nullable Port find(String name) {
    for (Port p : byNumber.values()) {
      if (p.name.equals(name)) {
        return p;
      }
    }
    return null;
  }

  /** Adds a port that was taken over; one whose device is away stays a port without one. */
  private OdpPort addAgain(Port port) throws DpifException {
    try {
      if (port.ifindex == 0 && port.kind == PortKind.INTERNAL) {
        makeVeth(port);
      }
      if (port.ifindex == 0 && links.find(port.name).isPresent()) {
        attach(port, device(port), hostDevice(port));
      }
    } catch (NetdevException e) {
      throw new DpifException(e.errno(), "add port " + e.getMessage(), e);
    }
    port.wanted = true;
    return port.number;
  }

  /**
   * Takes over the ports of an earlier process: the records say which there are. A port whose
   * device and attachment are what they were goes on without a packet noticing; otherwise the
   * device that has the port's name now is attached, or the port waits for one.
   *
   * @return how many
   */
  synchronized int adopt() throws NetdevException {
    for (int n = 1; n < Abi.PORTS; n++) {
      String name = records.name(n);
      if (name.isEmpty()) {
        continue;
      }
      nextNumber = n == OdpPort.MAX ? 1 : n + 1; // flows may still name one that was deleted
      PortKind kind = records.kind(n);
      if (kind != null) {
        Port port = new Port(new OdpPort(n), name, kind);
        byNumber.put(n, port);
        resume(port);
      }
    }
    forgetStrangers();
    return byNumber.size();
  }

  private void resume(Port port) throws NetdevException {
    int was = records.ifindex(port.number.number());
    int hostWas = records.hostIfindex(port.number.number());
    port.linkFd = pins.get(pinName(port));
    // By number, not by name: a device that was renamed stays the port's.
    Link dev = port.linkFd >= 0 && Bpf.ifindexOf(port.linkFd) == was ? device(was) : null;
    Link host = hostWas == was ? dev : device(hostWas);
    if (dev != null && host != null && claim(port, dev)) {
      port.ifindex = was;
      port.hostIfindex = hostWas;
      records.setMtu(port.number.number(), dev.mtu());
      records.admit(was, port.number.number());
      return;
    }
    records.clearIfindex(port.number.number());
    pins.unpin(pinName(port));
    if (port.linkFd >= 0) {
      Sys.close(port.linkFd);
      port.linkFd = -1;
    }
    boolean claimed = dev != null && host != null; // and refused, which has been said
    if (!claimed && links.find(deviceName(port)).isPresent()) {
      attachAgain(port);
    } else if (!claimed) {
      LOG.warn("port {}: its device has gone while no daemon ran", port.name);
    }
  }

  private @Nullable Link device(int ifindex) throws NetdevException {
    return links.find(ifindex).orElse(null);
  }

  private static boolean claim(Port port, Link dev) {
    try {
      if (port.kind == PortKind.SYSTEM) {
        port.claim = DeviceClaim.of(dev);
      }
      return true;
    } catch (NetdevException e) {
      LOG.warn("port {} is lost: {}", port.name, e.getMessage());
      return false;
    }
  }

  /** Shuts out devices that are no port's, and takes attachments off that are none's. */
  private void forgetStrangers() {
    records.shutOutStrangers(this::isDeviceOf);
    for (String pin : pins.names(PIN)) {
      if (byNumber.values().stream().noneMatch(p -> p.linkFd >= 0 && pinName(p).equals(pin))) {
        pins.unpin(pin);
      }
    }
  }

  private boolean isDeviceOf(int number, int ifindex) {
    Port p = byNumber.get(number);
    return p != null && p.ifindex == ifindex;
  }

  /** Whether a device is one that we made for a port that there is. */
  synchronized boolean isEndOfPort(String device) {
    return byNumber.values().stream()
        .anyMatch(p -> p.kind == PortKind.INTERNAL && dpEnd(p.number).equals(device));
  }

  /** Deletes the ports of an earlier process that nobody has added again. */
  synchronized void dropUnwanted() {
    for (Port p : List.copyOf(byNumber.values())) {
      if (!p.wanted) {
        LOG.info("port {} is not wanted any more", p.name);
        byNumber.remove(p.number.number());
        remove(p);
      }
    }
  }

  /** The next number that has not been used lately: flows may still name one that was. */
  private OdpPort freeNumber(String name) throws DpifException {
    for (int tried = 0; tried < OdpPort.MAX; tried++) {
      int n = nextNumber;
      nextNumber = n == OdpPort.MAX ? 1 : n + 1;
      if (!byNumber.containsKey(n)) {
        return new OdpPort(n);
      }
    }
    throw new DpifException(
        Errno.ENOSPC, "add port " + name + ": the datapath has " + OdpPort.MAX + " ports");
  }

  private String dpEnd(OdpPort number) {
    return devicePrefix + number;
  }

  /** The device that the program is on. */
  private String deviceName(Port port) {
    return port.kind == PortKind.INTERNAL ? dpEnd(port.number) : port.name;
  }

  private void makeVeth(Port port) throws NetdevException, DpifException {
    if (links.find(port.name).isPresent()) {
      throw new DpifException(
          Errno.EEXIST,
          "add port " + port.name + ": a device of that name exists, remove it or rename the port");
    }
    String peer = dpEnd(port.number);
    links.createVeth(port.name, peer);
    Link end = links.get(peer);
    links.disableIpv6(peer);
    links.setUp(end.ifindex(), true);
  }

  private Link device(Port port) throws NetdevException, DpifException {
    Link link =
        links
            .find(deviceName(port))
            .orElseThrow(
                () ->
                    new DpifException(
                        Errno.ENODEV,
                        "add port "
                            + port.name
                            + ": no such device; 'ip link' lists the devices there are"));
    link.requireFitForPort();
    for (Port other : byNumber.values()) {
      if (other.ifindex == link.ifindex()) {
        throw new DpifException(
            Errno.EBUSY, "add port " + port.name + ": the device is port " + other.name);
      }
    }
    return link;
  }

  private Link hostDevice(Port port) throws NetdevException {
    return links.get(port.name);
  }

  private void attach(Port port, Link dev, Link host) throws DpifException, NetdevException {
    // A device may have got the port's name since dev was looked up: it is told of by itself.
    int hostIfindex = port.kind == PortKind.SYSTEM ? dev.ifindex() : host.ifindex();
    if (port.kind == PortKind.SYSTEM) {
      port.claim = DeviceClaim.of(dev);
      try {
        links.setPromisc(dev.ifindex(), true);
      } catch (NetdevException e) {
        unclaim(port);
        throw e;
      }
    }
    int number = port.number.number();
    int handler = handlers == 0 ? Abi.HANDLERS - 1 : number % handlers;
    records.write(number, port.name, port.kind, handler, dev, hostIfindex);
    int fd = Bpf.attachIngress(system.program("dp_ingress"), dev.ifindex());
    if (fd < 0) {
      records.clearIfindex(number);
      unclaim(port);
      throw new DpifException(
          -fd,
          "attach to " + port.name + ": " + Errno.text(-fd) + "; tcx needs Linux 6.6 or later");
    }
    port.linkFd = fd;
    port.ifindex = dev.ifindex();
    port.hostIfindex = hostIfindex;
    try {
      pins.pin(fd, pinName(port));
    } catch (DpifException e) {
      detach(port);
      throw e;
    }
    records.admit(dev.ifindex(), number);
  }

  private static String pinName(Port port) {
    return PIN + port.number;
  }

  private void detach(Port port) {
    if (port.ifindex == 0) {
      return;
    }
    records.clearIfindex(port.number.number());
    pins.unpin(pinName(port));
    Sys.close(port.linkFd);
    port.linkFd = -1;
    unclaim(port);
    records.shutOut(port.ifindex);
    port.ifindex = 0;
    port.hostIfindex = 0;
  }

  private static void unclaim(Port port) {
    if (port.claim != null) {
      port.claim.close();
      port.claim = null;
    }
  }

  synchronized void delete(OdpPort number) throws DpifException {
    Port port = byNumber.remove(number.number());
    if (port == null) {
      throw new DpifException(Errno.ENOENT, "delete port " + number + ": there is no such port");
    }
    remove(port);
  }

  private void remove(Port port) {
    giveBack(port);
    records.retire(port.number.number());
    if (port.kind != PortKind.INTERNAL) {
      return;
    }
    try {
      // By its end of ours: the host may have renamed the other, or have a device of that name.
      Optional<Link> device = links.find(dpEnd(port.number));
      if (device.isPresent()) {
        links.delete(device.get().ifindex());
      }
    } catch (NetdevException e) {
      if (e.errno() != Errno.ENODEV) {
        LOG.warn("port {} is deleted, its device is left as it is: {}", port.name, e.getMessage());
      }
    }
  }

  /** Follows devices that come, go and change; from a {@link org.beeswitch.netdev.LinkMonitor}. */
  synchronized void onLink(LinkEvent event) {
    Link link = event.link();
    Port holder = null;
    Port named = null;
    for (Port p : byNumber.values()) {
      if (p.ifindex == link.ifindex()) {
        holder = p;
      }
      if (p.kind == PortKind.SYSTEM && p.name.equals(link.name())) {
        named = p;
      } else if (p.kind == PortKind.INTERNAL && p.hostIfindex == link.ifindex()) {
        hostMtu(p, link.mtu());
      }
    }
    if (event instanceof LinkEvent.Removed) {
      if (holder != null) {
        detach(holder);
      }
      return;
    }
    if (holder != null) {
      records.setMtu(holder.number.number(), link.mtu());
    }
    if (named != null && named != holder) {
      if (holder != null) {
        giveBack(holder); // renamed, and now another port's
      }
      giveBack(named); // the one it had has another name
      attachAgain(named);
    }
  }

  /** Both ends of an internal port take what the host's end takes. */
  private void hostMtu(Port port, int mtu) {
    try {
      if (port.ifindex != 0 && links.get(port.ifindex).mtu() != mtu) {
        links.setMtu(port.ifindex, mtu);
      }
    } catch (NetdevException e) {
      if (e.errno() != Errno.ENODEV) {
        LOG.warn("port {} cannot have MTU {}: {}", port.name, mtu, e.getMessage());
      }
    }
  }

  /** Takes the device from a port that it stays the host's without. */
  private void giveBack(Port port) {
    int ifindex = port.ifindex;
    detach(port);
    try {
      if (ifindex != 0 && port.kind == PortKind.SYSTEM) {
        links.setPromisc(ifindex, false);
      }
    } catch (NetdevException e) {
      if (e.errno() != Errno.ENODEV) {
        LOG.warn("port {}: its device is left as it is: {}", port.name, e.getMessage());
      }
    }
  }

  private void attachAgain(Port port) {
    try {
      attach(port, device(port), hostDevice(port));
    } catch (NetdevException e) {
      complain(port, e.errno(), e);
    } catch (DpifException e) {
      complain(port, e.errno(), e);
    }
  }

  private static void complain(Port port, int errno, Exception e) {
    if (errno == Errno.ENODEV) {
      LOG.debug("port {} is gone again: {}", port.name, e.getMessage());
    } else {
      LOG.warn("port {} is back but cannot be used: {}", port.name, e.getMessage());
    }
  }

  /** Spreads the ports over handlers. */
  synchronized void setHandlers(int n) {
    handlers = n;
    for (int number : byNumber.keySet()) {
      records.setHandler(number, number % n);
    }
  }

  synchronized void addRefused(Map<String, Long> all) {
    RefusedUpcalls.addTo(all, byNumber.keySet(), records::refused);
  }

  /** Takes all programs off and removes what was made; or, if it is to be kept, only lets go. */
  synchronized void close(boolean keep) {
    for (Port p : byNumber.values()) {
      if (!keep) {
        remove(p);
      } else if (p.linkFd >= 0) {
        Sys.close(p.linkFd);
        unclaim(p);
      }
    }
    byNumber.clear();
  }
}
