// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.testing;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Fails a test that logs a warning or an error which no {@link ExpectedLog} of it announces.
 *
 * <p>A warning that nobody expected is a bug that no assertion was written for; netty's buffer leak
 * reports, which are errors in the log and nothing else, are found this way. JUnit registers this
 * for every test by itself (as a service). It reads what slf4j-simple writes to stderr, so lines of
 * a process that a test started are not seen.
 */
public final class LogWatch implements BeforeEachCallback, AfterEachCallback {
  /** Enough to understand what went wrong; a test in a loop must not fill the heap. */
  private static final int MAX_LINES = 100;

  private static final Pattern BAD = Pattern.compile("(^|[\\s\\[])(WARN|ERROR)[\\s\\]].*");

  /** Written by any thread that logs, read by the test's; guarded by itself. */
  private static final List<String> LINES = new ArrayList<>();

  private static boolean installed;

  @Override
  public void beforeEach(ExtensionContext context) {
    synchronized (LINES) {
      if (!installed) {
        System.setErr(new PrintStream(new Tee(System.err), true, StandardCharsets.UTF_8));
        installed = true;
      }
      LINES.clear();
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    List<String> expected = new ArrayList<>();
    for (Optional<ExtensionContext> at = Optional.of(context);
        at.isPresent();
        at = at.get().getParent()) {
      AnnotationSupport.findAnnotation(at.get().getElement(), ExpectedLog.class)
          .ifPresent(log -> expected.addAll(List.of(log.value())));
    }
    List<String> unexpected;
    synchronized (LINES) {
      unexpected =
          LINES.stream().filter(line -> expected.stream().noneMatch(line::contains)).toList();
    }
    if (!unexpected.isEmpty()) {
      throw new AssertionError(
          "logged unexpectedly (announce it with @ExpectedLog if it belongs to the test):\n"
              + String.join("\n", unexpected));
    }
  }

  /** Passes everything on, and keeps the lines that are warnings or errors. */
  private static final class Tee extends OutputStream {
    private final PrintStream original;
    private final StringBuilder line = new StringBuilder();

    Tee(PrintStream original) {
      this.original = original;
    }

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      original.write(bytes, offset, length);
      for (char c : new String(bytes, offset, length, StandardCharsets.UTF_8).toCharArray()) {
        if (c != '\n') {
          line.append(c);
          continue;
        }
        if (BAD.matcher(line).find()) {
          synchronized (LINES) {
            if (LINES.size() < MAX_LINES) {
              LINES.add(line.toString());
            }
          }
        }
        line.setLength(0);
      }
    }

    @Override
    public void flush() {
      original.flush();
    }
  }
}
