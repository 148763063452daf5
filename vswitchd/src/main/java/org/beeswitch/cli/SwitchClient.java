// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.channel.MessageCodec;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.channel.Target;
import org.beeswitch.openflow.channel.VersionSet;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.OfDecoder;
import org.beeswitch.openflow.codec.OfEncoder;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.GetConfigReply;
import org.beeswitch.openflow.msg.GetConfigRequest;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfError;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.OfVersion;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.SwitchConfig;
import org.beeswitch.openflow.msg.TableFeatures;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.MessageText;
import org.beeswitch.openflow.text.Names;
import org.beeswitch.vswitchd.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * A switch as {@code ovs-ofctl} talks to one: opens connections, sends requests, prints replies as
 * it does.
 *
 * <p>ovs-ofctl numbers its messages over all its connections, HELLOs included, and prints the
 * numbers; it fetches tables' and ports' names on connections of their own. So that what we print
 * has the same numbers, {@link #skip} counts what we have no reason to send.
 */
final class SwitchClient {
  /** Verbosity of replies, and of errors, where {@code -m} adds to it. */
  private static final int REPLY = 1;

  private static final int ERROR = 2;

  /** Text that may say a table by its name. */
  private static final Pattern TABLE_NAME = Pattern.compile("(table=|goto_table:)[^0-9]");

  private final Options options;
  private final String name;
  private final Target target;
  private final Stdio stdio;
  private int nextXid = 1;
  private @Nullable List<PortDesc> ports;
  private @Nullable Map<Integer, String> tables;

  /** Frames as they are: what a snoop socket gives is from both sides. */
  static final class RawCodec implements MessageCodec<Frame, OfFrame> {
    private final OfEncoder encoder = new OfEncoder();

    @Override
    public Frame decode(Frame frame) {
      return frame;
    }

    @Override
    public void encode(OfFrame message, ByteBuf out) {
      encoder.encode(message, out);
    }
  }

  /**
   * @param name a bridge of the rundir, the path of a socket, or a target such as {@code
   *     tcp:127.0.0.1:6653}
   */
  SwitchClient(Options options, String name, Stdio stdio) throws CliException {
    this(options, name, ".mgmt", stdio);
  }

  SwitchClient(Options options, String name, String suffix, Stdio stdio) throws CliException {
    this.options = options;
    this.name = name;
    this.stdio = stdio;
    this.target = target(options.rundir, name, suffix);
  }

  private static Target target(Path rundir, String name, String suffix) throws CliException {
    if (name.indexOf(':') >= 0) {
      try {
        return Target.parse(name);
      } catch (IllegalArgumentException e) {
        throw new CliException(String.valueOf(e.getMessage()), e);
      }
    }
    Path socket = name.indexOf('/') >= 0 ? Path.of(name) : rundir.resolve(name + suffix);
    if (!Files.exists(socket)) {
      throw new CliException(
          name
              + " is not a bridge or a socket (there is no "
              + socket
              + "): does beeswitchd run, or is --rundir missing?");
    }
    return Target.parse("unix:" + socket.toAbsolutePath());
  }

  String name() {
    return name;
  }

  /** Counts messages that ovs-ofctl would have sent. */
  void skip(int messages) {
    nextXid += messages;
  }

  /** One connection; its HELLO is counted. */
  OfClient<Frame, OfFrame> open(VersionSet versions) throws CliException {
    nextXid++;
    try {
      return OfClient.connect(
          target,
          options.rundir,
          options.tls.over(null),
          versions,
          new RawCodec(),
          options.timeout());
    } catch (IOException | ConfigException | IllegalArgumentException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  OfFrame frame(OfMessage m) {
    return new OfFrame(OfVersion.OF13, nextXid++, m);
  }

  /** Something that is done with a connection. */
  interface Talk<T> {
    T with(OfClient<Frame, OfFrame> c) throws IOException, CliException;
  }

  /** Opens a connection, does something with it, closes it. */
  <T> T talk(Talk<T> what) throws CliException {
    try (OfClient<Frame, OfFrame> c = open(VersionSet.OF13)) {
      return what.with(c);
    } catch (IOException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Something that is done with a connection for what becomes of it. */
  interface Deed {
    void with(OfClient<Frame, OfFrame> c) throws IOException, CliException;
  }

  /** As {@link #talk}. */
  void act(Deed what) throws CliException {
    boolean unused =
        talk(
            c -> {
              what.with(c);
              return true;
            });
  }

  // Requests.

  /** Sends a request and prints all of its reply, which may be an error. */
  void dump(OfClient<Frame, OfFrame> c, OfMessage request) throws IOException, CliException {
    for (Frame f : c.transact(frame(request))) {
      stdio.out().print(text(f, namesToShow(), REPLY));
    }
  }

  /** A connection for one request, whose reply is printed. */
  void dump(OfMessage request) throws CliException {
    act(c -> dump(c, request));
  }

  void dump(MultipartRequest.Body body) throws CliException {
    dump(new MultipartRequest(body));
  }

  /** Sends a request that is answered by nothing, or by an error, which is printed and the end. */
  void change(OfClient<Frame, OfFrame> c, OfMessage request) throws IOException, CliException {
    List<Frame> errors = c.transactNoReply(List.of(frame(request)));
    nextXid++; // the barrier's
    if (!errors.isEmpty()) {
      stdio.err().print(text(errors.get(0), namesToShow(), ERROR));
      throw new CliException(1);
    }
  }

  /** Sends a request that the switch need not know. */
  void mayChange(OfClient<Frame, OfFrame> c, OfMessage request) throws IOException {
    c.transactNoReply(List.of(frame(request)));
    nextXid++; // the barrier's
  }

  /** Sends requests, each with its barrier, on one connection, up to the first error. */
  void changeAll(List<? extends OfMessage> requests) throws CliException {
    act(
        c -> {
          for (OfMessage m : requests) {
            change(c, m);
          }
        });
  }

  /** Reads what the user has written. */
  interface Reader {
    /**
     * @param names those that may stand in it
     */
    List<? extends OfMessage> read(Names names) throws FlowSyntaxException;
  }

  /** Sends, as {@link #changeAll(List)}, what the user has written. */
  void changeAll(String text, Reader reader) throws CliException {
    List<? extends OfMessage> requests;
    try {
      requests = reader.read(namesToAccept(text));
    } catch (FlowSyntaxException e) {
      throw new CliException(e);
    }
    changeAll(requests);
  }

  /** What the switch does with fragments and packets sent to controllers. */
  SwitchConfig config(OfClient<Frame, OfFrame> c) throws IOException, CliException {
    for (OfMessage m : ask(c, new GetConfigRequest())) {
      if (m instanceof GetConfigReply r) {
        return r.config();
      }
    }
    throw new CliException(name + ": bad reply to config request");
  }

  /** The reply's messages; an error is printed and the end. */
  List<OfMessage> ask(OfClient<Frame, OfFrame> c, OfMessage request)
      throws IOException, CliException {
    List<OfMessage> all = new ArrayList<>();
    for (Frame f : c.transact(frame(request))) {
      Decoded d = new OfDecoder(Sender.SWITCH).decode(f.version(), f.toByteBuf());
      if (!(d instanceof Decoded.Good good) || good.frame().message() instanceof OfError) {
        stdio.err().print(text(f, Names.NONE, ERROR));
        throw new CliException(1);
      }
      all.add(good.frame().message());
    }
    return all;
  }

  /** All rules that the request is about. */
  List<FlowStats> flows(OfClient<Frame, OfFrame> c, MultipartRequest.RuleFilter filter)
      throws IOException, CliException {
    List<FlowStats> all = new ArrayList<>();
    for (OfMessage m : ask(c, new MultipartRequest(new MultipartRequest.Flow(filter)))) {
      if (m instanceof MultipartReply r && r.body() instanceof MultipartReply.Flow f) {
        all.addAll(f.flows());
      }
    }
    return all;
  }

  // Names.

  /** The switch's ports, asked for once, on a connection of their own. */
  List<PortDesc> ports() throws CliException {
    List<PortDesc> known = ports;
    if (known == null) {
      List<PortDesc> all = new ArrayList<>();
      act(
          c -> {
            for (OfMessage m :
                ask(c, new MultipartRequest(new MultipartRequest.PortDesc(OfPort.ANY)))) {
              if (m instanceof MultipartReply r && r.body() instanceof MultipartReply.PortDesc d) {
                all.addAll(d.ports());
              }
            }
          });
      known = List.copyOf(all);
      ports = known;
    }
    return known;
  }

  /** Names of tables that are not just {@code table} and their number. */
  private Map<Integer, String> tables() throws CliException {
    Map<Integer, String> known = tables;
    if (known == null) {
      Map<Integer, String> all = new HashMap<>();
      for (TableFeatures t : tableFeatures()) {
        if (!t.name().equals("table" + t.tableId())) {
          all.put(t.tableId(), t.name());
        }
      }
      known = Map.copyOf(all);
      tables = known;
    }
    return known;
  }

  /** What the switch says of its tables, on a connection of its own. */
  List<TableFeatures> tableFeatures() throws CliException {
    List<TableFeatures> all = new ArrayList<>();
    act(
        c -> {
          for (OfMessage m :
              ask(c, new MultipartRequest(new MultipartRequest.TableFeatures(List.of())))) {
            if (m instanceof MultipartReply r
                && r.body() instanceof MultipartReply.TableFeatures f) {
              all.addAll(f.tables());
            }
          }
        });
    return all;
  }

  /**
   * Names in what the user has written, unless there shall be none. Tables' names take a megabyte
   * to ask for, so that is done only where one may be meant.
   */
  Names namesToAccept(String text) throws CliException {
    if (options.names == Options.NameUse.NEVER) {
      return Names.NONE;
    }
    boolean first = ports == null;
    Names names = Names.ofPorts(ports());
    if (TABLE_NAME.matcher(text).find()) {
      return names.withTables(tables());
    }
    if (first) {
      skip(2);
    }
    return names;
  }

  Names namesToShow() throws CliException {
    return options.showNames() ? Names.ofPorts(ports()).withTables(tables()) : Names.NONE;
  }

  /** The port of that number or name. */
  OfPort port(String text) throws CliException {
    OfPort number = Names.NONE.parsePort(text);
    if (number == null) {
      number =
          options.names == Options.NameUse.NEVER ? null : Names.ofPorts(ports()).parsePort(text);
    }
    if (number == null) {
      throw new CliException(name + ": unknown port `" + text + "'");
    }
    return number;
  }

  // Text.

  String text(Frame f, Names names, int verbosity) {
    Sender sender = isFromController(f.type()) ? Sender.CONTROLLER : Sender.SWITCH;
    return MessageText.of(f.bytes(), sender, names, options.verbosity() + verbosity);
  }

  /** Of messages of OpenFlow 1.3 that only controllers send. */
  private static boolean isFromController(int type) {
    return switch (type) {
      case 5, 7, 9, 13, 14, 15, 16, 17, 18, 20, 22, 24, 26, 28, 29 -> true;
      default -> false;
    };
  }
}
