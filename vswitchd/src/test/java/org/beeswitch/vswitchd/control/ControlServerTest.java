// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlServerTest {
  @TempDir Path dir;
  private ControlServer server;

  @BeforeEach
  void open() throws IOException {
    Files.writeString(dir.resolve("beeswitchd.pid"), "1\n");
    server = ControlServer.open(dir.resolve("beeswitchd.1.ctl"));
    server.add(new Command("echo", "WORD...", 1, 3, args -> String.join(" ", args)));
    server.add(new Command("large", "", 0, 0, args -> "x".repeat(5_000_000)));
    server.add(
        new Command(
            "refuse",
            "",
            0,
            0,
            args -> {
              throw new CommandException("not today");
            }));
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop();
  }

  private Unixctl.Reply call(String method, String... params) throws IOException {
    try (ControlClient c = ControlClient.connect(dir)) {
      return c.call(method, List.of(params));
    }
  }

  @Test
  void anAnswerIsAResultOrAnError() throws IOException {
    assertThat(call("echo", "a", "\"ä\\", "}{"))
        .isEqualTo(new Unixctl.Reply("0", "a \"ä\\ }{\n", null));
    assertThat(call("refuse")).isEqualTo(new Unixctl.Reply("0", null, "not today\n"));
  }

  @Test
  void argumentsAreCountedAsOvsCountsThem() throws IOException {
    assertThat(call("nosuch").error()).isEqualTo("\"nosuch\" is not a valid command\n");
    assertThat(call("echo").error()).isEqualTo("\"echo\" command requires at least 1 arguments\n");
    assertThat(call("echo", "1", "2", "3", "4").error())
        .isEqualTo("\"echo\" command takes at most 3 arguments\n");
  }

  @Test
  void anAnswerMayBeLongerThanASocketTakes() throws IOException {
    assertThat(call("large").result()).hasSize(5_000_001).endsWith("x\n");
  }

  @Test
  void requestsMayComeInPiecesAndSeveralAtOnce() throws IOException {
    String two =
        "{\"id\":\"x\",\"method\":\"echo\",\"params\":[\"1\"]} \n"
            + "{\"params\":[\"2\"],\"method\":\"echo\",\"id\":7}";
    String expected =
        "{\"id\":\"x\",\"result\":\"1\\n"
            + "\",\"error\":null}{\"id\":7,\"result\":\"2\\n"
            + "\",\"error\":null}";
    try (SocketChannel c = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      c.connect(UnixDomainSocketAddress.of(dir.resolve("beeswitchd.1.ctl")));
      for (byte b : two.getBytes(StandardCharsets.UTF_8)) {
        c.write(ByteBuffer.wrap(new byte[] {b}));
      }
      ByteBuffer in = ByteBuffer.allocate(expected.length());
      while (in.hasRemaining() && c.read(in) >= 0) {}
      assertThat(new String(in.array(), StandardCharsets.UTF_8)).isEqualTo(expected);
    }
  }

  @Test
  void whoSendsNoJsonIsCutOffAndOthersAreNot() throws IOException {
    try (SocketChannel c = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      c.connect(UnixDomainSocketAddress.of(dir.resolve("beeswitchd.1.ctl")));
      c.write(ByteBuffer.wrap("GET / HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII)));
      assertThat(c.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }
    assertThat(call("echo", "still there").result()).isEqualTo("still there\n");
  }

  @Test
  void aRequestThatIsTooLongEndsTheConnection() {
    JsonFramer f = new JsonFramer(10);
    byte[] tooLong = "{\"id\":\"01234567\"}".getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> f.take(ByteBuffer.wrap(tooLong)))
        .hasMessage("message of more than 10 bytes");
  }
}
