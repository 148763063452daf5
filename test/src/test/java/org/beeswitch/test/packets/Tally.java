// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.beeswitch.flow.Csum;
import org.beeswitch.flow.Packet;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;

/** Which frames are to leave by which ports of a switch, and which have. Order does not matter. */
final class Tally {
  private record Key(OfPort port, Bytes bytes) {}

  private static final long PATIENCE_NS = 10_000_000_000L;

  private final InProcessSwitch s;

  /** What is due less what was seen. */
  private final Map<Key, Integer> balance = new HashMap<>();

  private int due;
  private int seen;

  Tally(InProcessSwitch s) {
    this.s = s;
  }

  /** The port CONTROLLER stands for a packet-in. */
  void expect(OfPort port, byte[] frame) {
    balance.merge(new Key(port, Bytes.wrap(frame)), 1, Integer::sum);
    due++;
  }

  void expect(List<ActionCase.Sent> sent) {
    sent.forEach(x -> expect(x.port(), x.frame().bytes()));
  }

  /** Takes what has arrived, checksums completed. Returns whether it was anything. */
  private boolean receive() {
    int had = seen;
    for (Wire w : s.wires()) {
      for (Packet p : w.receive()) {
        Csum.complete(p);
        see(w.port(), Bytes.wrap(p.bytes()));
      }
    }
    for (PacketIn m = s.packetIns.poll(); m != null; m = s.packetIns.poll()) {
      see(OfPort.CONTROLLER, m.data());
    }
    return seen > had;
  }

  private void see(OfPort port, Bytes bytes) {
    balance.merge(new Key(port, bytes), -1, Integer::sum);
    seen++;
  }

  /** Waits until as many have left as were due, or none have for some seconds. */
  void await() {
    await(() -> true);
  }

  /**
   * @param handled is asked before what has arrived is looked at: once it holds, nothing comes
   *     later
   */
  void await(BooleanSupplier handled) {
    long lastNews = System.nanoTime();
    boolean over = false;
    while (!over && System.nanoTime() - lastNews < PATIENCE_NS) {
      boolean last = handled.getAsBoolean();
      if (receive()) {
        lastNews = System.nanoTime();
      } else {
        LockSupport.parkNanos(50_000);
      }
      over = last && seen >= due;
    }
  }

  /** What did not leave, and what should not have. */
  List<String> complaints() {
    List<String> l = new ArrayList<>();
    balance.forEach(
        (k, n) -> {
          if (n != 0) {
            l.add((n > 0 ? "did not leave" : "left") + " by port " + k.port() + ": " + k.bytes());
          }
        });
    return l;
  }
}
