// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.beeswitch.testing.ExpectedLog;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Processes that are killed in the middle of whatever they do to the maps ({@link Churn}). */
@Tag("system")
@Tag("soak")
class KilledProcessTest {
  private static final int CHANGES = 2_000;

  @Test
  @ExpectedLog("cannot be taken over: it was not finished")
  void whatAKilledProcessLeavesIsWholeAfterItIsTakenOver() throws Exception {
    Random random = Seed.random("KilledProcessTest");
    int kills = Seed.sized(2, 100);
    long adopted = 0;
    long dead = 0;
    try (Lab lab = Lab.create(2)) {
      for (int k = 0; k < kills; k++) {
        lab.inSwitch(
            () -> {
              lab.dpif.close(true);
              return null;
            });
        churnAndKill(lab, random);
        lab.dpif = lab.inSwitch(() -> BpfDpif.open(lab.rundir));
        Map<String, Long> coverage = lab.dpif.coverage();
        adopted += coverage.get("dp_adopted_flows");
        long inPut = coverage.get("dp_adopted_dead_elements");
        assertThat(inPut).as("flows it can have been putting when it died").isLessThanOrEqualTo(1);
        dead += coverage.get("dp_adopted_dead_records") + inPut;
        Churn c = new Churn(lab.dpif, random);
        assertThat(lab.dpif.stats().flows()).isEqualTo(c.size());
        for (int i = 0; i < CHANGES; i++) {
          c.change();
        }
        assertThat(lab.dpif.stats().flows()).isEqualTo(c.size());
      }
      System.out.printf(
          Locale.ROOT,
          "figure: %d processes killed while they changed flows: %d flows taken over, %d half"
              + " made%n",
          kills,
          adopted,
          dead);
      lab.inSwitch(
          () -> {
            lab.dpif.close(false);
            return null;
          });
      assertThat(Files.exists(Path.of("/sys/fs/bpf", "beeswitch-" + Pins.nameOf(lab.rundir))))
          .isFalse();
      assertThat(lab.switchNs.exec("ip", "-br", "link")).doesNotContain("br0").doesNotContain("bs");
    }
  }

  /** Somewhere in its start, or while it changes flows. */
  private static void churnAndKill(Lab lab, Random random) throws Exception {
    List<String> command =
        List.of(
            "nsenter",
            "--net=" + lab.switchNs.path(),
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Churn.class.getName(),
            lab.rundir.toString(),
            String.valueOf(random.nextLong()));
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    boolean wait = random.nextInt(4) > 0;
    StringBuilder said = new StringBuilder();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(p.getInputStream(), StandardCharsets.UTF_8));
    for (String line = ""; wait && line != null && !line.equals(Churn.READY); ) {
      line = out.readLine();
      said.append(line).append('\n');
    }
    assertThat(p.isAlive()).as("%s", said).isTrue();
    LockSupport.parkNanos(random.nextInt(wait ? 300_000_000 : 1_500_000_000));
    p.destroyForcibly();
    assertThat(p.waitFor()).as("%s", said).isEqualTo(128 + 9);
  }
}
