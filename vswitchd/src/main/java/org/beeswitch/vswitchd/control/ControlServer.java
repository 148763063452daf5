// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.control;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control socket, {@code RUNDIR/beeswitchd.PID.ctl}: speaks OVS's unixctl, so that {@code
 * ovs-appctl -t SOCKET} works as {@code beectl} does.
 *
 * <p>One thread, {@code control}, for all clients; one command at a time. A command that concerns
 * {@code main} asks it and waits for the answer; one that only reads what any thread may read (a
 * dump of megaflows) runs here and holds nothing up. Who does not read the answers is not read
 * from.
 *
 * <p>Limits: {@link #MAX_CLIENTS}, further ones are turned away; {@link #MAX_REQUEST} bytes per
 * request, more ends the connection.
 */
public final class ControlServer {
  private static final Logger log = LoggerFactory.getLogger(ControlServer.class);

  /** Clients at a time: operators and scripts, not crowds. */
  private static final int MAX_CLIENTS = 32;

  /** A request is a name and a few words. */
  private static final int MAX_REQUEST = 1 << 20;

  private static final int BACKLOG = 10;

  private final Path path;
  private final Map<String, Command> commands = new TreeMap<>();
  private final ServerSocketChannel server;
  private final Selector selector;
  private final Thread thread;
  private final ByteBuffer input = ByteBuffer.allocate(64 * 1024);
  private int clients;
  private volatile boolean stopping;

  private static final class Client {
    final SocketChannel channel;
    final JsonFramer framer = new JsonFramer(MAX_REQUEST);
    final Queue<byte[]> requests = new ArrayDeque<>();
    ByteBuffer output = ByteBuffer.allocate(0);

    Client(SocketChannel channel) {
      this.channel = channel;
    }
  }

  private ControlServer(Path path, ServerSocketChannel server, Selector selector) {
    this.path = path;
    this.server = server;
    this.selector = selector;
    this.thread = new Thread(this::run, "control");
    thread.setDaemon(true);
    add(new Command("list-commands", "", 0, 0, args -> listCommands()));
  }

  /** Opens the socket; {@link #start} begins to serve. */
  public static ControlServer open(Path path) throws IOException {
    Files.deleteIfExists(path);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(path), BACKLOG);
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
      server.configureBlocking(false);
      Selector selector = Selector.open();
      server.register(selector, SelectionKey.OP_ACCEPT);
      return new ControlServer(path, server, selector);
    } catch (IOException e) {
      server.close();
      throw e;
    }
  }

  /** Before {@link #start}. */
  public void add(Command c) {
    if (commands.put(c.name(), c) != null) {
      throw new IllegalStateException("two commands " + c.name());
    }
  }

  public void start() {
    thread.start();
  }

  private String listCommands() {
    StringBuilder s = new StringBuilder("The available commands are:\n");
    for (Command c : commands.values()) {
      s.append(String.format("  %-23s %s", c.name(), c.usage()).stripTrailing()).append('\n');
    }
    return s.toString();
  }

  private void run() {
    while (!stopping) {
      try {
        selector.select();
        for (Iterator<SelectionKey> i = selector.selectedKeys().iterator(); i.hasNext(); ) {
          SelectionKey k = i.next();
          i.remove();
          if (k.attachment() instanceof Client c) {
            serve(k, c);
          } else {
            accept();
          }
        }
      } catch (IOException e) {
        log.warn("control socket: {}", e.getMessage());
      }
    }
  }

  private void accept() throws IOException {
    SocketChannel ch = server.accept();
    if (ch == null) {
      return;
    }
    if (clients >= MAX_CLIENTS) {
      log.warn("control socket: more than {} clients, one is turned away", MAX_CLIENTS);
      ch.close();
      return;
    }
    ch.configureBlocking(false);
    ch.register(selector, SelectionKey.OP_READ, new Client(ch));
    clients++;
  }

  private void serve(SelectionKey k, Client c) {
    try {
      if (k.isReadable()) {
        input.clear();
        if (c.channel.read(input) < 0) {
          end(k, c);
          return;
        }
        c.requests.addAll(c.framer.take(input.flip()));
      }
      while (!c.output.hasRemaining() && !c.requests.isEmpty() && !stopping) {
        c.output = ByteBuffer.wrap(Unixctl.write(answer(c.requests.remove())));
        c.channel.write(c.output);
      }
      if (c.output.hasRemaining()) {
        c.channel.write(c.output);
      }
      // Half a reply, or requests behind one: first the peer reads.
      boolean more = c.output.hasRemaining() || !c.requests.isEmpty();
      k.interestOps(more ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    } catch (IOException e) {
      log.debug("control socket: {}", e.getMessage());
      end(k, c);
    }
  }

  private void end(SelectionKey k, Client c) {
    k.cancel();
    clients--;
    try {
      c.channel.close();
    } catch (IOException e) {
      log.debug("control socket: {}", e.getMessage());
    }
  }

  private Unixctl.Reply answer(byte[] json) throws IOException {
    Unixctl.Request r = Unixctl.readRequest(json);
    try {
      return new Unixctl.Reply(r.id(), line(run(r)), null);
    } catch (CommandException e) {
      return new Unixctl.Reply(r.id(), null, line(String.valueOf(e.getMessage())));
    }
  }

  /** What is said ends a line (OVS {@code unixctl_command_reply__}). */
  private static String line(String text) {
    return text.isEmpty() || text.endsWith("\n") ? text : text + "\n";
  }

  private String run(Unixctl.Request r) throws CommandException {
    Command c = commands.get(r.method());
    if (c == null) {
      throw new CommandException("\"" + r.method() + "\" is not a valid command");
    }
    int n = r.params().size();
    if (n < c.minArgs()) {
      throw new CommandException(
          "\"" + c.name() + "\" command requires at least " + c.minArgs() + " arguments");
    }
    if (n > c.maxArgs()) {
      throw new CommandException(
          "\"" + c.name() + "\" command takes at most " + c.maxArgs() + " arguments");
    }
    try {
      return c.body().run(r.params());
    } catch (RuntimeException e) {
      log.error("command {} {}: a bug", r.method(), r.params(), e);
      throw new CommandException("internal error: " + e, e);
    }
  }

  /**
   * Takes no more commands and removes the socket. Connections end with the process: who has said
   * {@code exit} can wait for that.
   */
  public void stop() {
    stopping = true;
    selector.wakeup();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    try {
      server.close();
      Files.deleteIfExists(path);
    } catch (IOException e) {
      log.warn("{}: {}", path, e.getMessage());
    }
  }
}
