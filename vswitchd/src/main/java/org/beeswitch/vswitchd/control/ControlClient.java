// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.control;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The other end of {@link ControlServer}: sends a command, waits for its answer. */
public final class ControlClient implements AutoCloseable {
  /** A dump of all megaflows is some 50 MB. */
  private static final int MAX_REPLY = 1 << 30;

  private final SocketChannel channel;
  private final JsonFramer framer = new JsonFramer(MAX_REPLY);
  private final ByteBuffer input = ByteBuffer.allocate(256 * 1024);

  private ControlClient(SocketChannel channel) {
    this.channel = channel;
  }

  /**
   * Connects to the daemon of a rundir.
   *
   * @throws IOException in one line: there is none
   */
  public static ControlClient connect(Path rundir) throws IOException {
    Path pidFile = rundir.resolve("beeswitchd.pid");
    String pid;
    try {
      pid = Files.readString(pidFile).trim();
    } catch (IOException e) {
      throw new IOException(
          "no beeswitchd runs on "
              + rundir
              + " (there is no "
              + pidFile
              + "): start one, or say"
              + " --rundir",
          e);
    }
    Path socket = rundir.resolve("beeswitchd." + pid + ".ctl");
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      channel.close();
      throw new IOException(
          "cannot connect to " + socket + " (" + e.getMessage() + "): does beeswitchd run?", e);
    }
    return new ControlClient(channel);
  }

  /** Sends a command and waits for its reply, however long it takes. */
  public Unixctl.Reply call(String method, List<String> params) throws IOException {
    ByteBuffer out = ByteBuffer.wrap(Unixctl.write(new Unixctl.Request("0", method, params)));
    while (out.hasRemaining()) {
      channel.write(out);
    }
    while (true) {
      List<byte[]> replies = read();
      if (!replies.isEmpty()) {
        return Unixctl.readReply(replies.get(0));
      }
    }
  }

  private List<byte[]> read() throws IOException {
    input.clear();
    if (channel.read(input) < 0) {
      throw new EOFException("beeswitchd closed the connection");
    }
    return framer.take(input.flip());
  }

  /** Returns when the daemon has ended. */
  public void awaitEnd() {
    try {
      while (true) {
        read();
      }
    } catch (IOException e) {
      // That is it.
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
