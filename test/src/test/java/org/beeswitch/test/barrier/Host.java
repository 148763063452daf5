// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.barrier;

import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.PacketSocket;
import org.beeswitch.netdev.testing.TestNetns;

/** Says something at the far end of a port, so that the switch learns who is there. */
public record Host(Links links, PacketSocket socket) implements AutoCloseable {
  public static Host at(TestNetns ns, String device) throws Exception {
    return ns.call(
        () -> {
          Links links = Links.open();
          return new Host(links, PacketSocket.tapInto(links, device));
        });
  }

  public void says(long mac, long toWhom) {
    int r = socket.send(new PacketBuilder().eth(toWhom, mac).payload(46).packet());
    if (r != 0) {
      throw new AssertionError("nobody can speak here: errno " + -r);
    }
  }

  @Override
  public void close() {
    socket.close();
    links.close();
  }
}
