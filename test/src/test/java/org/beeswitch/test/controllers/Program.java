// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.beeswitch.netdev.testing.TestNetns;

/**
 * A process of a test, in a network namespace: the daemon or a controller. What it prints is kept,
 * line by line.
 *
 * <p>Started with {@code nsenter}, which becomes the program: {@code ip netns exec} would hide
 * bpffs by a mount of its own. Signals go to this one process.
 */
public final class Program implements AutoCloseable {
  private static final int END_S = 20;

  private final String name;
  private final Process process;
  private final List<String> lines = new ArrayList<>();
  private final Thread reader;

  /**
   * @param tee gets every line too, on a thread of its own
   */
  private Program(String name, Process process, Consumer<String> tee) {
    this.name = name;
    this.process = process;
    this.reader = new Thread(() -> read(tee), name);
    reader.setDaemon(true);
    reader.start();
  }

  public static Program start(TestNetns ns, String name, List<String> command, Consumer<String> tee)
      throws IOException {
    List<String> all = new ArrayList<>(List.of("nsenter", "--net=" + ns.path()));
    all.addAll(command);
    ProcessBuilder b = new ProcessBuilder(all).redirectErrorStream(true);
    b.environment().put("PYTHONUNBUFFERED", "1");
    Process p = b.start();
    p.getOutputStream().close();
    return new Program(name, p, tee);
  }

  private void read(Consumer<String> tee) {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        synchronized (lines) {
          lines.add(line);
        }
        tee.accept(line);
      }
    } catch (IOException e) {
      // The process was killed while we read: there is nothing left to keep.
    }
  }

  public List<String> lines() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  public boolean printed(String text) {
    return lines().stream().anyMatch(l -> l.contains(text));
  }

  /** Waits for a line with this text; fails at once if the program has ended. */
  public void awaitLine(String text) throws Exception {
    Await.until(
        name + " prints \"" + text + "\"",
        () -> {
          boolean alive = process.isAlive();
          if (printed(text)) {
            return true;
          }
          if (!alive) {
            reader.join(1000);
            if (!printed(text)) {
              throw new AssertionError(this + " has ended with " + process.exitValue());
            }
          }
          return false;
        });
  }

  /** Waits for the end; returns the exit status. */
  public int awaitEnd() throws InterruptedException {
    if (!process.waitFor(3L * END_S, TimeUnit.SECONDS)) {
      throw new AssertionError(this + " does not end");
    }
    reader.join(1000);
    return process.exitValue();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** SIGTERM; returns the exit status. */
  public int stop() throws InterruptedException {
    process.destroy();
    return awaitEnd();
  }

  /** SIGKILL, and gone. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    awaitEnd();
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }

  @Override
  public String toString() {
    return name + ":\n  " + String.join("\n  ", lines());
  }
}
