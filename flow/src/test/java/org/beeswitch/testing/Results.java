// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestTag;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes a line per test to the directory {@code beeswitch.results}, from which {@code bin/test}
 * counts: status, tags, name, reason, separated by tabs.
 *
 * <p>Surefire's reports would not do: it names them after the class, and where a class has both
 * JUnit tests and jqwik properties the second engine's report replaces the first's. They also do
 * not say why a test was skipped, nor which tags it had.
 */
public final class Results implements TestExecutionListener {
  private @Nullable TestPlan plan;

  @Override
  public void testPlanExecutionStarted(TestPlan testPlan) {
    plan = testPlan;
  }

  @Override
  public void executionSkipped(TestIdentifier id, String reason) {
    record(id, "skipped", reason);
  }

  @Override
  public void executionFinished(TestIdentifier id, TestExecutionResult result) {
    String reason = result.getThrowable().map(Throwable::toString).orElse("");
    switch (result.getStatus()) {
      case SUCCESSFUL -> {
        if (id.isTest()) {
          write(id, "passed", "");
        }
      }
      case ABORTED -> record(id, "skipped", reason);
      // A class whose set-up or tear-down failed is a failure of its own, whatever its tests did.
      case FAILED -> write(id, "failed", reason);
    }
  }

  /** A skipped class is as many skipped tests as it has. */
  private void record(TestIdentifier id, String status, String reason) {
    if (id.isTest() || plan == null) {
      write(id, status, reason);
      return;
    }
    long tests = 0;
    for (TestIdentifier child : plan.getDescendants(id)) {
      if (child.isTest()) {
        write(child, status, reason);
        tests++;
      }
    }
    if (tests == 0) {
      write(id, status, reason);
    }
  }

  private static void write(TestIdentifier id, String status, String reason) {
    String directory = System.getProperty("beeswitch.results", "");
    if (directory.isEmpty()) {
      return;
    }
    String tags = id.getTags().stream().map(TestTag::getName).collect(Collectors.joining(","));
    String name = id.getUniqueId().replaceAll(".*?\\[class:([^\\]]*)\\]", "$1 ");
    String line = String.join("\t", status, tags, oneLine(name), oneLine(reason)) + "\n";
    Path file = Path.of(directory, ProcessHandle.current().pid() + ".tsv");
    try {
      Files.writeString(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String oneLine(String text) {
    // An assertion may print all of a long list.
    return text.substring(0, Math.min(text.length(), 2000)).replaceAll("\\s+", " ").strip();
  }
}
