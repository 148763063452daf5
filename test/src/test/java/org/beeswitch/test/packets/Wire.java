// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.PacketNetdev;
import org.beeswitch.netdev.PacketSocket;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.msg.OfPort;

/** A device from which a test sends frames and captures what arrives, offload metadata included. */
final class Wire implements AutoCloseable {
  private final String device;
  private final OfPort port;
  private final Links links;
  private final PacketSocket socket;
  private final Packet[] batch = new Packet[PacketNetdev.MAX_BATCH];

  private Wire(String device, OfPort port, Links links, PacketSocket socket) {
    this.device = device;
    this.port = port;
    this.links = links;
    this.socket = socket;
    for (int i = 0; i < batch.length; i++) {
      batch[i] = new Packet(Packet.MAX_LENGTH);
    }
  }

  /**
   * @param port the switch's port at whose far end the device is
   */
  static Wire open(TestNetns ns, String device, OfPort port) throws Exception {
    return ns.call(
        () -> {
          Links links = Links.open();
          return new Wire(device, port, links, PacketSocket.tapInto(links, device));
        });
  }

  OfPort port() {
    return port;
  }

  void send(Packet p) {
    int r = socket.send(p);
    if (r != 0) {
      throw new AssertionError("send " + p.length() + " bytes from " + device + ": errno " + -r);
    }
  }

  /** Copies of what has arrived. */
  List<Packet> receive() {
    List<Packet> all = new ArrayList<>();
    for (int n = 1; n > 0; ) {
      n = socket.receive(batch, batch.length);
      for (int i = 0; i < n; i++) {
        Packet copy = new Packet(batch[i].length());
        copy.copyFrom(batch[i]);
        all.add(copy);
      }
    }
    return all;
  }

  @Override
  public String toString() {
    return device;
  }

  @Override
  public void close() {
    socket.close();
    links.close();
  }
}
