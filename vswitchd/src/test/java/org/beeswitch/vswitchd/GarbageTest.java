// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.beeswitch.testing.Garbage;
import org.beeswitch.testing.Seed;
import org.beeswitch.vswitchd.config.ConfigException;
import org.beeswitch.vswitchd.config.ConfigFile;
import org.beeswitch.vswitchd.control.Command;
import org.beeswitch.vswitchd.control.ControlClient;
import org.beeswitch.vswitchd.control.ControlServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Garbage where configuration and commands come in: one line that says what is wrong, no more. */
@Tag("soak")
class GarbageTest {
  private static final int FILES = Seed.sized(2_000, 300_000);
  private static final int STREAMS = Seed.sized(100, 20_000);
  private static final int MAX_LINE = 1_000;
  private static final String ANY_BYTE = Garbage.range('\0', '\u00ff');

  @TempDir Path dir;
  private final Random random = Seed.random("GarbageTest");

  @Test
  void aBrokenFileIsRefusedInOneLine() throws IOException {
    Path root = Path.of(System.getProperty("beeswitch.root", ".."));
    byte[] good = Files.readAllBytes(root.resolve("conf/beeswitch.toml"));
    Path file = dir.resolve("broken.toml");
    int refused = 0;
    for (int i = 0; i < FILES; i++) {
      byte[] broken = broken(good);
      Files.write(file, broken);
      try {
        ConfigFile.read(file);
      } catch (ConfigException e) {
        refused++;
        assertThat(e.getMessage()).contains("broken.toml").hasLineCount(1);
        assertThat(e.getMessage().length()).isLessThan(MAX_LINE);
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError(new String(broken, StandardCharsets.ISO_8859_1), e);
      }
    }
    assertThat(refused).isGreaterThan(FILES / 10);
  }

  @Test
  void deepFilesAreRefusedToo() throws IOException {
    Path file = dir.resolve("deep.toml");
    for (String s : List.of("a = " + "[".repeat(100_000), "a = " + "{b=".repeat(100_000), "\"")) {
      Files.writeString(file, s);
      assertThat(refusal(file)).contains("deep.toml").hasLineCount(1);
    }
  }

  private static String refusal(Path file) {
    try {
      return "taken: " + ConfigFile.read(file);
    } catch (ConfigException e) {
      return e.getMessage();
    }
  }

  @Test
  void whateverIsSaidToTheControlSocketOthersAreServed() throws IOException {
    Files.writeString(dir.resolve("beeswitchd.pid"), "1\n");
    Path socket = dir.resolve("beeswitchd.1.ctl");
    ControlServer server = ControlServer.open(socket);
    server.add(new Command("echo", "WORD...", 1, 3, args -> String.join(" ", args)));
    server.start();
    try {
      for (byte[] s : streams()) {
        try (SocketChannel c = SocketChannel.open(StandardProtocolFamily.UNIX)) {
          c.connect(UnixDomainSocketAddress.of(socket));
          say(c, s);
        }
        try (ControlClient c = ControlClient.connect(dir)) {
          assertThat(c.call("echo", List.of("there")).result()).isEqualTo("there\n");
        }
      }
    } finally {
      server.stop();
    }
  }

  /** Until all is said, or nobody listens any more. */
  private static void say(SocketChannel c, byte[] s) {
    ByteBuffer b = ByteBuffer.wrap(s);
    try {
      while (b.hasRemaining()) {
        c.write(b);
      }
      c.shutdownOutput();
      ByteBuffer in = ByteBuffer.allocate(4_096);
      while (c.read(in) >= 0) {
        in.clear();
      }
    } catch (IOException e) {
      assertThat(e).hasMessageMatching("Broken pipe|Connection reset.*");
    }
  }

  private List<byte[]> streams() {
    List<byte[]> all = new ArrayList<>();
    String good = "{\"id\":0,\"method\":\"echo\",\"params\":[\"1\",\"\\u00e4\"]}";
    for (String s :
        List.of(
            "",
            "{",
            "{}",
            "[]",
            "null",
            "{\"id\":0",
            "{\"method\":7,\"params\":{}}",
            "{\"id\":{},\"method\":\"echo\",\"params\":[[]]}",
            "{\"id\":1e999999999,\"method\":\"echo\",\"params\":[\"x\"]}",
            "{\"id\":0,\"method\":\"" + "e".repeat(3_000_000) + "\",\"params\":[]}",
            "{\"id\":" + "[".repeat(200_000) + "]".repeat(200_000) + "}",
            "{\"a\":".repeat(100_000),
            "{\"id\":0,\"method\":\"echo\",\"params\":[\"\\ud800\"]}",
            "{\"id\":\"\\u0000\",\"method\":\"\\u0000\",\"params\":[\"\\u0000\"]}",
            good.repeat(1_000))) {
      all.add(s.getBytes(StandardCharsets.UTF_8));
    }
    for (int i = 0; i < STREAMS; i++) {
      all.add(broken(good.getBytes(StandardCharsets.UTF_8)));
    }
    return all;
  }

  private byte[] broken(byte[] good) {
    String text = new String(good, StandardCharsets.ISO_8859_1);
    return Garbage.broken(random, text, ANY_BYTE, "\"'[]{}=.,#\n\\\0")
        .getBytes(StandardCharsets.ISO_8859_1);
  }
}
