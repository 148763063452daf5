// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.dpif.netdev.MemoryPort;
import org.beeswitch.dpif.netdev.NetdevDpif;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.Packet;
import org.beeswitch.ofproto.upcall.Handler;
import org.beeswitch.ofproto.upcall.PacketInSink;
import org.beeswitch.openflow.codec.FlowMods;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortStats;
import org.beeswitch.openflow.msg.PortStatus;
import org.jspecify.annotations.Nullable;

/**
 * A whole switch with in-memory ports, stepped by a test in one thread with a clock that the test
 * moves: one datapath, one bridge {@code br0} with ports 1..n.
 */
final class SteppedSwitch implements AutoCloseable, OfprotoListener {
  long nowNs = 1_000_000_000_000L;
  final NetdevDpif dpif;
  final Backer backer;
  final Ofproto br0;
  final List<PacketIn> packetIns = new ArrayList<>();
  final List<FlowRemoved> flowsRemoved = new ArrayList<>();
  final List<PortStatus> portStatuses = new ArrayList<>();
  private final List<MemoryPort> wires = new ArrayList<>();

  SteppedSwitch(int ports) throws DpifException {
    this(ports, null);
  }

  /**
   * @param sink gets packet-ins instead of {@link #packetIns}
   */
  SteppedSwitch(int ports, @Nullable PacketInSink sink) throws DpifException {
    dpif = NetdevDpif.inMemory(() -> nowNs);
    Runnable main = () -> {};
    backer = new Backer(dpif, main, sink != null ? sink : (bridge, m) -> packetIns.add(m));
    backer.learner().learnAtOnce(() -> backer.doWork(nowNs));
    backer.prepare(1);
    br0 = new Ofproto(backer, "br0", new Devices(), this);
    for (int i = 1; i <= ports; i++) {
      addPort(br0, "p" + i, i);
    }
  }

  void addPort(Ofproto bridge, String name, int ofPort) throws DpifException {
    OdpPort n = dpif.portAdd(name, PortKind.SYSTEM);
    bridge.addPort(new DpifPort(n, name, PortKind.SYSTEM, 0), OfPort.of(ofPort), nowNs);
    wires.add(dpif.memoryPort(name));
  }

  /** Far end of port {@code n}, 1 being the first that was added. */
  MemoryPort wire(int n) {
    return wires.get(n - 1);
  }

  /** Lets the switch do everything that it has to do. */
  void settle() {
    int done;
    do {
      done = dpif.step();
      for (Handler h : backer.handlers()) {
        done += h.doWork(nowNs);
      }
      done += backer.doWork(nowNs);
    } while (done > 0);
  }

  /** Has the revalidator do a round, and everything settle. */
  void revalidate() {
    nowNs += 600_000_000L;
    for (int i = 0; i < 4; i++) {
      backer.revalidator().doWork(nowNs);
    }
    settle();
  }

  /**
   * Injects a frame at a port, lets everything settle, and tells which ports it left by, and as
   * what.
   */
  List<Sent> send(int port, byte[] frame) {
    wire(port).inject(frame);
    return drain();
  }

  /** Lets everything settle, and tells what left since the last time. */
  List<Sent> drain() {
    settle();
    List<Sent> l = new ArrayList<>();
    for (int i = 1; i <= wires.size(); i++) {
      for (Packet p : wire(i).drain()) {
        l.add(Sent.of(i, p.bytes()));
      }
    }
    return l;
  }

  /** The ports that a frame leaves by. */
  List<Integer> portsOf(int port, byte[] frame) {
    return send(port, frame).stream().map(Sent::port).toList();
  }

  long upcalls() {
    return backer.handlers().get(0).upcalls();
  }

  /** A frame that left. */
  record Sent(int port, Bytes bytes) {
    static Sent of(int port, byte[] frame) {
      return new Sent(port, Bytes.wrap(frame));
    }

    byte[] frame() {
      return bytes.array();
    }
  }

  @Nullable OfErrorCode add(int table, int priority, Match m, Instructions i) {
    return br0.flowMod(flowMod(FlowMod.Command.ADD, table, priority, m, i), nowNs);
  }

  @Nullable OfErrorCode add(int priority, Match m, Action... actions) {
    return add(0, priority, m, Instructions.apply(List.of(actions)));
  }

  static FlowMod flowMod(FlowMod.Command c, int table, int priority, Match m, Instructions i) {
    return flowMod(c, table, priority, m, i, 0, 0, 0);
  }

  static FlowMod flowMod(
      FlowMod.Command c,
      int table,
      int priority,
      Match m,
      Instructions i,
      int idleS,
      int hardS,
      int flags) {
    return FlowMods.of(c, table, priority, m, i, 0x77, idleS, hardS, flags);
  }

  static Action output(int port) {
    return new Action.Output(OfPort.of(port), 0);
  }

  @Override
  public void flowRemoved(FlowRemoved m) {
    flowsRemoved.add(m);
  }

  @Override
  public void portStatus(PortStatus m) {
    portStatuses.add(m);
  }

  @Override
  public void close() {
    backer.close();
    dpif.close();
  }

  static final class Devices implements PortDevices {
    @Override
    public PortDesc describe(DpifPort port, OfPort number) {
      return new PortDesc(
          number, 0x020000000000L + port.number().number(), port.name(), 0, 0, 0, 0, 0, 0, 0, 0);
    }

    @Override
    public PortStats stats(DpifPort port, OfPort number) {
      return new PortStats(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    @Override
    public boolean setUp(DpifPort port, boolean up) {
      return true;
    }
  }
}
