// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A control connection that stays open, for thousands of commands: {@code ovs-appctl} without its
 * process. One request at a time.
 */
public final class Unixctl implements AutoCloseable {
  private final SocketChannel channel;
  private final ObjectMapper json = new ObjectMapper();
  private final JsonParser replies;
  private int id;

  public Unixctl(Path socket) throws IOException {
    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
    replies = json.createParser(Channels.newReader(channel, StandardCharsets.UTF_8));
  }

  /** What the command prints; an {@link IllegalStateException} with what it complains of. */
  public String call(String method, String... arguments) throws IOException {
    String request =
        json.writeValueAsString(Map.of("id", id++, "method", method, "params", List.of(arguments)));
    ByteBuffer out = ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8));
    while (out.hasRemaining()) {
      channel.write(out);
    }
    JsonNode reply = replies.readValueAsTree();
    if (reply == null) {
      throw new EOFException("no answer to " + request);
    }
    if (!reply.path("error").isNull()) {
      throw new IllegalStateException(request + ": " + reply.path("error").asText());
    }
    return reply.path("result").asText();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
