// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.dpif.netdev.NetdevDpif;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortStatus;
import org.junit.jupiter.api.Test;

/**
 * A datapath counts a packet and then its bytes. Who reads the counters between the two must not
 * lose the bytes.
 */
class LateBytesTest {
  private static final byte[] FRAME =
      new PacketBuilder().eth(2, 4).ipv4(1, 2).udp(1, 2).payload(50).bytes();

  private boolean bytesAreLate;

  @Test
  void bytesThatAreCountedAfterTheirPacketAreCreditedToo() throws Exception {
    try (NetdevDpif real = NetdevDpif.inMemory(() -> 0)) {
      Backer backer = new Backer(late(real), () -> {}, (bridge, m) -> {});
      backer.prepare(1);
      Ofproto br0 = new Ofproto(backer, "br0", new SteppedSwitch.Devices(), new Nobody());
      for (int i = 1; i <= 2; i++) {
        OdpPort n = real.portAdd("p" + i, PortKind.SYSTEM);
        br0.addPort(new DpifPort(n, "p" + i, PortKind.SYSTEM, 0), OfPort.of(i), 0);
      }
      Instructions i = Instructions.apply(List.of(SteppedSwitch.output(2)));
      br0.flowMod(SteppedSwitch.flowMod(FlowMod.Command.ADD, 0, 1, Match.ANY, i), 0);
      for (int n = 0; n < 2; n++) {
        real.memoryPort("p1").inject(FRAME);
        real.step();
        backer.handlers().get(0).doWork(0);
      }
      bytesAreLate = true;
      assertThat(stats(br0).packetCount()).isEqualTo(2);
      assertThat(stats(br0).byteCount()).isEqualTo(FRAME.length);
      bytesAreLate = false;
      assertThat(stats(br0).packetCount()).isEqualTo(2);
      assertThat(stats(br0).byteCount()).isEqualTo(2 * FRAME.length);
    }
  }

  private static org.beeswitch.openflow.msg.FlowStats stats(Ofproto br0) {
    return br0.flowStats(MultipartRequest.RuleFilter.ALL, 0).get(0);
  }

  /** The datapath, as it is seen when the last packet's bytes have not been counted yet. */
  private Dpif late(Dpif real) {
    return (Dpif)
        Proxy.newProxyInstance(
            Dpif.class.getClassLoader(),
            new Class<?>[] {Dpif.class},
            (proxy, method, arguments) -> {
              try {
                Object result = method.invoke(real, arguments);
                if (bytesAreLate && method.getName().equals("flowStats")) {
                  ((FlowStats) arguments[1]).bytes -= FRAME.length;
                }
                return result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static final class Nobody implements OfprotoListener {
    @Override
    public void flowRemoved(FlowRemoved m) {}

    @Override
    public void portStatus(PortStatus m) {}
  }
}
