// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.msg.BarrierRequest;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.EchoRequest;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.text.CNumber;

/** Commands that find out whether, and how fast, a switch answers. */
final class Echoes {
  static final List<OfCommand> COMMANDS =
      List.of(
          new OfCommand("probe", "SWITCH", 1, 1, Echoes::probe),
          new OfCommand("ping", "SWITCH [BYTES]", 1, 2, Echoes::ping),
          new OfCommand("benchmark", "SWITCH BYTES COUNT", 3, 3, Echoes::benchmark),
          new OfCommand(
              "barrier",
              "SWITCH",
              1,
              1,
              (o, io, args) -> new SwitchClient(o, args.get(0), io).dump(new BarrierRequest())));

  private static final int MAX_PAYLOAD = 0xffff - Frame.HEADER_LEN;
  private static final int PING_PAYLOAD = 64;
  private static final int PINGS = 10;

  private Echoes() {}

  private static void probe(Options options, Stdio io, List<String> args) throws CliException {
    SwitchClient s = new SwitchClient(options, args.get(0), io);
    s.talk(c -> s.ask(c, new EchoRequest(Bytes.EMPTY)));
  }

  private static int payload(String text) throws CliException {
    int n = CNumber.atoi(text);
    if (n < 0 || n > MAX_PAYLOAD) {
      throw new CliException("payload must be between 0 and " + MAX_PAYLOAD + " bytes");
    }
    return n;
  }

  /** The reply to an echo request with these bytes. */
  private static Frame echo(SwitchClient s, OfClient<Frame, OfFrame> c, byte[] payload)
      throws IOException {
    return c.transact(s.frame(new EchoRequest(Bytes.wrap(payload)))).get(0);
  }

  private static void ping(Options options, Stdio io, List<String> args) throws CliException {
    byte[] payload = new byte[args.size() > 1 ? payload(args.get(1)) : PING_PAYLOAD];
    Random random = new Random();
    SwitchClient s = new SwitchClient(options, args.get(0), io);
    s.act(
        c -> {
          for (int i = 0; i < PINGS; i++) {
            random.nextBytes(payload);
            long start = System.nanoTime();
            Frame reply = echo(s, c, payload);
            double ms = (System.nanoTime() - start) / 1e6;
            int bytes = reply.length() - Frame.HEADER_LEN;
            if (!reply
                .toByteBuf()
                .skipBytes(Frame.HEADER_LEN)
                .equals(Unpooled.wrappedBuffer(payload))) {
              io.out().println("Reply does not match request.");
            }
            io.out()
                .printf(
                    "%d bytes from %s: xid=%08x time=%.1f ms%n",
                    bytes, args.get(0), reply.xid(), ms);
          }
        });
  }

  private static void benchmark(Options options, Stdio io, List<String> args) throws CliException {
    byte[] payload = new byte[payload(args.get(1))];
    int message = payload.length + Frame.HEADER_LEN;
    int count = CNumber.atoi(args.get(2));
    io.out()
        .printf(
            "Sending %d packets * %d bytes (with header) = %d bytes total%n",
            count, message, count * message);
    SwitchClient s = new SwitchClient(options, args.get(0), io);
    double ms =
        s.talk(
            c -> {
              long start = System.nanoTime();
              for (int i = 0; i < count; i++) {
                echo(s, c, payload);
              }
              return (System.nanoTime() - start) / 1e6;
            });
    io.out()
        .printf(
            "Finished in %.1f ms (%.0f packets/s) (%.0f bytes/s)%n",
            ms, count / (ms / 1000), (double) count * message / (ms / 1000));
  }
}
