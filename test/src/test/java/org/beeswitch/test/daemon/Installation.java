// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.controllers.Program;

/**
 * What {@code bin/build} has built, with one rundir, in a namespace of its own: daemons that come
 * one after the other, {@code beectl}, and other programs beside them. Which ports there are is a
 * subclass's affair. Closing ends what runs and removes all of it.
 */
public abstract class Installation implements AutoCloseable {
  public static final Path ROOT =
      Path.of(System.getProperty("beeswitch.root", "..")).toAbsolutePath();

  public final TestNetns netns;
  private final Datapath datapath;
  private final Path dir;
  private final List<Program> started = new ArrayList<>();

  protected Installation(Datapath datapath) throws IOException {
    TestNetns.assumeRoot();
    datapath.assumeAvailable();
    this.datapath = datapath;
    this.dir = Files.createTempDirectory("bee-installation-");
    this.netns = TestNetns.create();
  }

  /** For files of the test's. */
  public final Path dir() {
    return dir;
  }

  public final Path rundir() {
    return dir.resolve("run");
  }

  /** Starts {@code beeswitchd}, of which all but datapath and rundir is said here. */
  public final Program start(String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ROOT.resolve("bin/beeswitchd").toString());
    command.addAll(List.of("--datapath", datapath.option()));
    command.addAll(List.of(options));
    command.addAll(List.of("--rundir", rundir().toString()));
    return run("beeswitchd", command.toArray(String[]::new));
  }

  /** As {@link #start}, and waits until it forwards. */
  public final Program startReady(String... options) throws Exception {
    Program p = start(options);
    p.awaitLine("beeswitchd ready");
    return p;
  }

  /** Another program. */
  public final Program run(String name, String... command) throws IOException {
    Program p = Program.start(netns, name, List.of(command), line -> {});
    started.add(p);
    return p;
  }

  /** What {@code beectl} prints; it has to succeed. */
  public final String beectl(String... words) {
    List<String> command = new ArrayList<>(List.of(ROOT.resolve("bin/beectl").toString()));
    command.addAll(List.of("--rundir", rundir().toString()));
    command.addAll(List.of(words));
    return TestNetns.run(command.toArray(String[]::new));
  }

  /** Tells what runs to end, and waits for it. Returns whether anything did. */
  protected final boolean stopAll() throws InterruptedException {
    boolean any = false;
    for (Program p : started) {
      if (p.isAlive()) {
        p.stop();
        any = true;
      }
    }
    return any;
  }

  @Override
  public void close() throws Exception {
    stopAll();
    netns.close();
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path p : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.deleteIfExists(p);
      }
    }
  }
}
