// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.controllers.Program;
import org.beeswitch.testing.Garbage;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code bin/beeswitchd} with command lines, configuration files and flows that somebody got wrong:
 * it forwards, or says in one line why it does not; and leaves nothing in either case.
 */
@Tag("system")
@Tag("soak")
class GarbageOptionsTest {
  private static final int STARTS = Seed.sized(3, 200);
  private static final String PRINTABLE = Garbage.range(' ', '~');

  private static final String FLOWS =
      """
      # of the first bridge
      priority=5,in_port=1,ip,nw_dst=10.0.0.0/24,actions=dec_ttl,output:2
      table=0,priority=6,reg0[3..7]=5,dl_vlan=7,actions=pop_vlan,write_metadata:1/0xff,goto_table:1
      table=1,tcp6,ipv6_src=fe80::/10,tcp_flags=+syn-ack,actions=set_field:5->reg3,CONTROLLER:64
      """;

  private static final String CONF =
      """
      restore-wait = 5
      [[bridge]]
      name = "br1"
      dpid = "000000000000001f"
      fail-mode = "secure"
      controllers = ["tcp:127.0.0.1:6653", { target = "ptcp:0:127.0.0.1", max-backoff = 9000 }]
      [bridge.desc]
      hardware = "none"
      [[bridge.port]]
      name = "p2"
      ofport = 2
      [[bridge.port]]
      name = "to0"
      peer = "to1"
      """;

  private static final String[] VALUES = {
    "",
    "-1",
    "0",
    "1",
    "65280",
    "99999999999999999999",
    "0x1p1",
    "/",
    ".",
    "/dev/null",
    "p1",
    "p1=",
    "p1=65280",
    "p9",
    "=1",
    "lo",
    "br0",
    "br1",
    "a/b",
    "a:b",
    "a:a",
    "a:",
    "sixteen-bytes-or-more",
    "ptcp:99999",
    "ptcp:0:8.8.8.8",
    "tcp:",
    "tcp:[::",
    "ssl:127.0.0.1",
    "punix:/nonexistent/x",
    "OpenFlow13,",
    ",",
    "open",
    "--",
    "-",
    "\u00e4",
    "\u001b[31m",
    "br\n0",
    "@",
    "*"
  };

  private final Random random = Seed.random("garbage-options");

  private static List<String> good(Path conf, Path flows) {
    return new ArrayList<>(
        List.of(
            "--conf",
            conf.toString(),
            "--restore-wait",
            "3",
            "--bridge",
            "br0",
            "--dpid",
            "00000000000000f0",
            "--port",
            "p1=1",
            "--patch",
            "to1=9:to0",
            "--controller",
            "ptcp:0:127.0.0.1",
            "--fail-mode",
            "secure",
            "--protocols",
            "OpenFlow13",
            "--flows",
            flows.toString()));
  }

  /** A word less, twice, in another place, misspelt, or another value. */
  private void mutate(List<String> words) {
    for (int n = 1 + random.nextInt(2); n > 0 && !words.isEmpty(); n--) {
      int i = random.nextInt(words.size());
      switch (random.nextInt(6)) {
        case 0 -> words.remove(i);
        case 1 -> words.add(random.nextInt(words.size() + 1), words.get(i));
        case 2 -> words.add(random.nextInt(words.size()), words.remove(i));
        case 3 -> words.set(i, broken(words.get(i)));
        default ->
            words.set(Math.min(i | 1, words.size() - 1), VALUES[random.nextInt(VALUES.length)]);
      }
    }
  }

  /** Wrong in ways that a command line can say, too. */
  private String broken(String text) {
    return Garbage.broken(random, text, PRINTABLE, "\"'[]{}=.,#/\n");
  }

  @Test
  void whateverIsWrongIsSaidInOneLineAndNothingIsLeft() throws Exception {
    int refused = 0;
    try (Machine m = new Machine(Datapath.NETDEV)) {
      String before = m.devices();
      for (int i = 0; i < STARTS; i++) {
        List<String> words = inputs(m, i % 3);
        Program d = m.start(words.toArray(String[]::new));
        Await.until(
            "beeswitchd " + words + " is ready or ends",
            () -> !d.isAlive() || d.lines().contains("beeswitchd ready"));
        if (d.lines().contains("beeswitchd ready")) {
          assertThat(d.stop()).as("%s: %s", words, d).isZero();
        } else {
          refused++;
          assertThat(d.awaitEnd()).as("%s: %s", words, d).isEqualTo(1);
          assertThat(complaints(d)).as("%s: %s", words, d).hasSize(1);
        }
        assertThat(d.lines()).noneMatch(l -> l.startsWith("\tat "));
        assertThat(m.files()).as("%s", words).isEmpty();
        assertThat(m.devices()).as("%s", words).isEqualTo(before);
      }
    }
    System.out.printf("figure: %d of %d wrong starts refused in a line%n", refused, STARTS);
  }

  /** Writes the files, one of the three inputs wrong. Returns the command line. */
  private List<String> inputs(Machine m, int wrong) throws IOException {
    Path conf = Files.writeString(m.dir().resolve("conf.toml"), wrong == 1 ? broken(CONF) : CONF);
    Path flows = Files.writeString(m.dir().resolve("flows"), wrong == 2 ? broken(FLOWS) : FLOWS);
    List<String> words = good(conf, flows);
    if (wrong == 0) {
      mutate(words);
    }
    return words;
  }

  /** What is said besides the log of a start that had got far. */
  private static List<String> complaints(Program d) {
    return d.lines().stream().filter(l -> !l.matches("\\d{4}-\\d\\d-\\d\\dT.*INFO.*")).toList();
  }
}
