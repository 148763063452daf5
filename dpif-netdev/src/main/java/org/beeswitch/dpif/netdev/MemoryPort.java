// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.MemoryNetdev;
import org.beeswitch.netdev.NetdevException;

/**
 * The far end of an in-memory port, for tests: frames are put in with {@link #inject}, and what the
 * switch sends is taken out with {@link #drain}. Belongs to one thread.
 */
public final class MemoryPort {
  private final NetdevPort port;
  private final MemoryNetdev far;
  private final Packet[] one = new Packet[1];

  MemoryPort(NetdevPort port, MemoryNetdev far) {
    this.port = port;
    this.far = far;
  }

  /** Puts a frame where the switch will receive it. Returns false if it does not take it. */
  public boolean inject(byte[] frame) {
    return inject(Packet.of(frame));
  }

  /** Takes a copy, with its offload state. */
  public boolean inject(Packet p) {
    return far.send(p) == 0;
  }

  /** Takes what the switch has sent, oldest first. */
  public List<Packet> drain() {
    List<Packet> all = new ArrayList<>();
    for (Packet p = new Packet(2_048); poll(p); p = new Packet(2_048)) {
      all.add(p);
    }
    return all;
  }

  /** Takes the oldest frame that the switch has sent into {@code p}; false if there is none. */
  public boolean poll(Packet p) {
    one[0] = p;
    return far.receive(one, 1) == 1;
  }

  /** Sets the MTU of the switch's end. */
  public void setMtu(int mtu) throws NetdevException {
    far.setMtu(65_535);
    if (port.device() instanceof MemoryNetdev near) {
      near.setMtu(mtu);
    }
    port.setMtu(mtu);
  }

  /** Turns the far end on or off, as a carrier. */
  public void setUp(boolean up) throws NetdevException {
    far.setUp(up);
  }

  /** Whether the port takes GSO packets and partial checksums; it does unless told. */
  public void setOffloads(boolean offloads) {
    port.setOffloads(offloads);
  }
}
