// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.beeswitch.cli.Beectl;
import org.beeswitch.test.controllers.Await;

/** A command that prints what comes until it is ended: what it has printed so far. */
abstract class Watcher implements AutoCloseable {
  private static final long REPEAT_NS = 500_000_000L;
  private static final long POLL_NS = 5_000_000L;

  private final List<String> words;

  private Watcher(List<String> words) {
    this.words = words;
  }

  abstract String text();

  @Override
  public abstract void close() throws IOException;

  /** What is done until it shows: something may be lost before all are there. */
  interface Stimulus {
    void give() throws IOException;
  }

  /** Repeats a stimulus, seldom, until all watchers have printed a text. */
  static void awaitAll(List<Watcher> watchers, String wanted, Stimulus stimulus) throws Exception {
    long end = System.nanoTime() + Await.PATIENCE_S * 1_000_000_000L;
    while (System.nanoTime() - end < 0) {
      stimulus.give();
      long repeat = System.nanoTime() + REPEAT_NS;
      while (System.nanoTime() - repeat < 0) {
        if (watchers.stream().allMatch(w -> w.text().contains(wanted))) {
          return;
        }
        LockSupport.parkNanos(POLL_NS);
      }
    }
    throw new AssertionError("no \"" + wanted + "\" in all of " + watchers);
  }

  @Override
  public String toString() {
    return words + " printed " + text();
  }

  /** {@code ovs-ofctl -O OpenFlow13}. */
  static Watcher ovsOfctl(Subject s, List<String> words) throws IOException {
    List<String> c = new ArrayList<>(List.of("ovs-ofctl", "-O", "OpenFlow13"));
    // Its log says that it was ended.
    c.add("-vconsole:off");
    c.addAll(words);
    Path file = Files.createTempFile("watcher", ".txt");
    ProcessBuilder b = new ProcessBuilder(c).redirectErrorStream(true);
    b.environment().put("OVS_RUNDIR", s.rundir().toString());
    Process p = b.redirectOutput(file.toFile()).start();
    return new Watcher(c) {
      @Override
      String text() {
        try {
          return Files.readString(file);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }

      @Override
      public void close() throws IOException {
        p.destroy();
        p.onExit().join();
        Files.delete(file);
      }
    };
  }

  /** {@code beectl} in this process; it ends with the switch. */
  static Watcher beectl(Subject s, List<String> words) {
    List<String> c = new ArrayList<>(List.of("--rundir", s.rundir().toString()));
    c.addAll(words);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    PrintStream print = new PrintStream(all, true, StandardCharsets.UTF_8);
    ByteArrayInputStream nothing = new ByteArrayInputStream(new byte[0]);
    Thread t =
        new Thread(
            () -> Beectl.run(c.toArray(String[]::new), nothing, print, print), "beectl watches");
    t.setDaemon(true);
    t.start();
    return new Watcher(c) {
      @Override
      String text() {
        return all.toString(StandardCharsets.UTF_8);
      }

      @Override
      public void close() {}
    };
  }
}
