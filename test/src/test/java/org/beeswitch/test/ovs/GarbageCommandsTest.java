// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Commands of {@code beectl} that somebody got wrong: done, or refused with a reason. */
@Tag("system")
@Tag("soak")
class GarbageCommandsTest {
  private static final int COMMANDS = Seed.sized(100, 20_000);

  /** These wait for something, or send as much as a number says. */
  private static final Set<String> LONG = Set.of("monitor", "snoop", "benchmark", "ping", "probe");

  private static final String[] WORDS = {
    "",
    "-",
    "--",
    "-1",
    "0",
    "1",
    "99999999999999999999",
    "br0",
    "br9",
    "p1",
    "LOCAL",
    "/",
    ".",
    "/dev/null",
    "/proc/self/mem",
    "unix:",
    "unix:/nonexistent",
    "tcp:",
    "tcp:127.0.0.1:0",
    "ssl:127.0.0.1:1",
    "ptcp:1",
    "a\0b",
    "\ud800",
    "\u00e4",
    "--strict",
    "--names",
    "--sort",
    "--sort=",
    "--rundir",
    "-O",
    "-OOpenFlow13,",
    "-t",
    "-t0",
    "actions=",
    "group_id=1",
    "cookie=1/-1",
    "table=255",
    "reg0[0..99999999999]=1",
    "add-flow",
    "del-flows",
    "dump-ports",
    "mod-port",
    "queue-stats",
    "fdb",
    "fdb show",
    "dpctl",
    "add-port",
    "set-controller",
    "trace",
    "ofproto/trace",
    "del-port",
    "list-commands",
    "coverage",
    "set-ssl"
  };

  private final Random random = Seed.random("garbage-commands");

  private List<String> mutate(List<String> good) {
    List<String> words = new ArrayList<>(good);
    for (int n = 1 + random.nextInt(2); n > 0 && !words.isEmpty(); n--) {
      int i = random.nextInt(words.size());
      String w = words.get(i);
      int at = random.nextInt(w.length() + 1);
      switch (random.nextInt(6)) {
        case 0 -> words.remove(i);
        case 1 -> words.add(random.nextInt(words.size() + 1), w);
        case 2 -> words.set(i, w.substring(0, at));
        case 3 -> words.set(i, w.substring(0, at) + pick() + w.substring(at));
        case 4 -> words.add(i, pick());
        default -> words.set(i, pick());
      }
    }
    return words;
  }

  private String pick() {
    return WORDS[random.nextInt(WORDS.length)];
  }

  @Test
  void whateverIsAskedIsDoneOrRefusedWithAReason() throws Exception {
    List<OfctlCommand> good = OfctlCommand.all(Path.of("/nonexistent"), Path.of("/dev/null"));
    int refused = 0;
    try (OwnSwitch own = new OwnSwitch(Datapath.NETDEV, 2)) {
      for (int i = 0; i < COMMANDS; ) {
        OfctlCommand c = good.get(random.nextInt(good.size()));
        List<String> words = mutate(c.words());
        if (words.stream().anyMatch(LONG::contains)) {
          continue;
        }
        i++;
        RealOvs.Output o = own.beectl(words, c.stdin());
        // Files of which two flows differ are status 2, as with ovs-ofctl.
        assertThat(o.status()).as("%s: %s", words, o).isBetween(0, 2);
        if (o.status() == 1) {
          refused++;
          assertThat(o.text()).as("%s", words).containsPattern("beectl: |OFPT_ERROR .*: OFP");
        }
        assertThat(o.text()).as("%s", words).doesNotContain("\tat ", "Exception");
      }
      assertThat(own.beectl(List.of("show", "br0"), "").status()).isZero();
      assertThat(own.log()).doesNotContain("\tat ");
    }
    System.out.printf("figure: %d of %d wrong commands refused%n", refused, COMMANDS);
  }
}
