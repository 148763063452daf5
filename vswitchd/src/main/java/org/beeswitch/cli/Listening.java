// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.channel.VersionSet;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.PacketInFormat;
import org.beeswitch.openflow.msg.SetConfig;
import org.beeswitch.openflow.msg.SetPacketInFormat;
import org.beeswitch.openflow.msg.SwitchConfig;
import org.beeswitch.openflow.text.CNumber;
import org.beeswitch.openflow.text.Names;

/** Commands that print, on stderr as {@code ovs-ofctl}, what comes until the switch ends it. */
final class Listening {
  static final List<OfCommand> COMMANDS =
      List.of(
          new OfCommand("monitor", "SWITCH [MISS_LEN]", 1, 3, Listening::monitor),
          new OfCommand("snoop", "SWITCH", 1, 1, Listening::snoop));

  /** Of what is printed. */
  private static final int VERBOSITY = 2;

  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS: ", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final Options options;
  private final Stdio stdio;
  private final SwitchClient s;

  private Listening(Options options, Stdio stdio, SwitchClient s) {
    this.options = options;
    this.stdio = stdio;
    this.s = s;
  }

  private static void monitor(Options options, Stdio stdio, List<String> args) throws CliException {
    SwitchClient s = new SwitchClient(options, args.get(0), stdio);
    if (args.subList(1, args.size()).contains("invalid_ttl")) {
      throw new CliException(
          "invalid_ttl requires one of the OpenFlow versions OpenFlow10, OpenFlow11, OpenFlow12"
              + " but none is enabled (use -O)");
    }
    s.talk(
        c -> {
          for (String arg : args.subList(1, args.size())) {
            if (!Character.isDigit(arg.charAt(0))) {
              throw new CliException(
                  arg.startsWith("watch:")
                      ? "flow monitors are not there yet: monitor without \"watch:\""
                      : arg + ": unsupported \"monitor\" argument");
            }
            SwitchConfig before = s.config(c);
            s.change(
                c,
                new SetConfig(
                    new SwitchConfig(
                        before.frag(),
                        before.invalidTtlToController(),
                        CNumber.atoi(arg) & 0xffff)));
          }
          setFormat(options, s, c);
          return new Listening(options, stdio, s).printAll(c, s.namesToShow());
        });
  }

  /** Asks for NXT_PACKET_IN2, or insists on what the user wants. */
  private static void setFormat(Options options, SwitchClient s, OfClient<Frame, OfFrame> c)
      throws IOException, CliException {
    PacketInFormat wanted = options.packetInFormat;
    if (wanted == null) {
      s.mayChange(c, new SetPacketInFormat(PacketInFormat.NXT_PACKET_IN2));
    } else {
      s.change(c, new SetPacketInFormat(wanted));
    }
  }

  private static void snoop(Options options, Stdio stdio, List<String> args) throws CliException {
    SwitchClient s = new SwitchClient(options, args.get(0), ".snoop", stdio);
    try (OfClient<Frame, OfFrame> c = s.open(VersionSet.KNOWN)) {
      new Listening(options, stdio, s).printAll(c, Names.NONE);
    } catch (IOException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  private boolean printAll(OfClient<Frame, OfFrame> c, Names names) throws IOException {
    while (true) {
      Frame f = c.receive(options.timeout());
      if (f != null) {
        if (options.timestamp) {
          stdio.err().print(TIMESTAMP.format(Instant.now()));
        }
        stdio.err().print(s.text(f, names, VERBOSITY));
        stdio.err().flush();
      }
    }
  }
}
