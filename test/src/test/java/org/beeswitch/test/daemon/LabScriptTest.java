// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code bin/lab} as its user meets it: interrupted at any place, run twice, kept and ended. The
 * lab is one of its own, beside any that somebody has standing.
 */
@Tag("system")
@Tag("slow")
@Tag("soak")
class LabScriptTest {
  private static final String LAB = Machine.ROOT.resolve("bin/lab").toString();
  private static final int INTERRUPTED = 130;
  private static final int END_S = 60;

  /** Lines that a run prints up to its last ping. */
  private static final int LINES = 22;

  private static int runs;

  private final String name = "beelab-" + ProcessHandle.current().pid() + "-" + runs++;

  /**
   * A process group of its own, as a shell gives one to what is in its foreground; and Ctrl-C is
   * not ignored, as it is by all that a script starts in its background, these tests perhaps too.
   */
  private Process start(Map<String, String> environment, String... options) throws IOException {
    List<String> command = new ArrayList<>(List.of("setsid", "env", "--default-signal=INT", LAB));
    command.addAll(List.of(options));
    ProcessBuilder b = new ProcessBuilder(command).redirectErrorStream(true);
    b.environment().putAll(environment);
    b.environment().put("BEESWITCH_LAB", name);
    Process p = b.start();
    p.getOutputStream().close();
    return p;
  }

  private String runToItsEnd(int status, String... options) throws Exception {
    return runToItsEnd(status, Map.of(), options);
  }

  private String runToItsEnd(int status, Map<String, String> environment, String... options)
      throws Exception {
    Process p = start(environment, options);
    String text = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor(END_S, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).as(text).isEqualTo(status);
    return text;
  }

  /** Files, namespaces and processes of this lab. */
  private List<String> left() throws IOException {
    List<String> all = new ArrayList<>();
    for (String dir : List.of("/run", "/run/netns")) {
      if (Files.isDirectory(Path.of(dir))) {
        try (Stream<Path> files = Files.list(Path.of(dir))) {
          files.map(Path::toString).filter(f -> f.contains(name)).forEach(all::add);
        }
      }
    }
    String mark = "BEELAB=/run/" + name;
    ProcessHandle.allProcesses()
        .filter(p -> hasInEnvironment(p.pid(), mark))
        .forEach(p -> all.add(p.pid() + " " + p.info().commandLine().orElse("?")));
    return all;
  }

  private static boolean hasInEnvironment(long pid, String mark) {
    try {
      byte[] environment = Files.readAllBytes(Path.of("/proc/" + pid + "/environ"));
      return List.of(new String(environment, StandardCharsets.ISO_8859_1).split("\0"))
          .contains(mark);
    } catch (IOException e) {
      return false; // It has gone.
    }
  }

  /** A soak has many interruptions, and whole runs too, which take long. */
  @Test
  void itLeavesNothingHoweverItEnds() throws Exception {
    TestNetns.assumeRoot();
    Datapath.BPF.assumeAvailable();
    for (Datapath datapath : List.of(Datapath.values()).subList(0, Seed.sized(0, 2))) {
      keepAndEnd(datapath);
    }
    Random r = Seed.random("itLeavesNothingHoweverItEnds");
    for (int i = 0; i < Seed.sized(1, 2 * LINES); i++) {
      Datapath datapath = r.nextBoolean() ? Datapath.BPF : Datapath.NETDEV;
      List<String> options = new ArrayList<>(List.of("--datapath", datapath.option()));
      if (r.nextBoolean()) {
        options.add("--keep");
      }
      int lines = 1 + r.nextInt(LINES);
      Process p = start(Map.of(), options.toArray(String[]::new));
      StringBuilder text = new StringBuilder();
      BufferedReader out =
          new BufferedReader(new InputStreamReader(p.getInputStream(), StandardCharsets.UTF_8));
      for (int n = 0; n < lines; n++) {
        text.append(out.readLine()).append('\n');
      }
      if (i == 0) {
        assertThat(runToItsEnd(1)).contains("another bin/lab of this clone is running");
      }
      TestNetns.run("kill", "-INT", "--", "-" + p.pid());
      out.lines().forEach(l -> text.append(l).append('\n'));
      assertThat(p.waitFor(END_S, TimeUnit.SECONDS)).isTrue();
      String what = "interrupted after line " + lines + ": " + text;
      assertThat(p.exitValue()).as(what).isEqualTo(INTERRUPTED);
      assertThat(left()).as(what).isEmpty();
    }
  }

  @Test
  void aSwitchThatDoesNotStartIsToldWithItsReason() throws Exception {
    TestNetns.assumeRoot();
    Map<String, String> bad = Map.of("BEESWITCH_JAVA_OPTS", "-XX:NoSuchOption");
    assertThat(runToItsEnd(1, bad, "--datapath", "netdev"))
        .contains("lab: beeswitchd: ", "Unrecognized VM option 'NoSuchOption'");
    assertThat(left()).isEmpty();
  }

  private void keepAndEnd(Datapath datapath) throws Exception {
    String text = runToItsEnd(0, "--keep", "--datapath", datapath.option());
    assertThat(text)
        .contains(" 0% packet loss", "actions:port2", "bin/lab --down")
        .containsPattern("[0-9]+ of [0-9]+ packets \\([0-9.]+ %\\) were forwarded by the ");
    // What it says can be done.
    List<String> said = text.substring(text.indexOf("== it stays")).lines().skip(1).toList();
    assertThat(said.get(0)).startsWith("ip netns exec " + name + "-h1 ping 10.0.0.2 ");
    TestNetns.run("ip", "netns", "exec", name + "-h1", "ping", "-c", "1", "10.0.0.2");
    for (String command : said.subList(1, 3)) {
      List<String> words = new ArrayList<>(List.of(command.split(" ")));
      words.set(0, words.get(0).replaceFirst("^bin", Machine.ROOT.resolve("bin").toString()));
      assertThat(TestNetns.run(words.toArray(String[]::new))).contains("actions=");
    }
    assertThat(runToItsEnd(0, "--down")).isEqualTo("lab: ended\n");
    assertThat(left()).isEmpty();
  }
}
