// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What CONTRIBUTING.md asks of files, and that the documents still speak of what is there. */
class HouseRulesTest {
  private static final Path ROOT = Path.of(System.getProperty("beeswitch.root", ".."));

  /** All that is not built. */
  private static final List<Path> FILES = walk();

  /** Above this a file says in its first comment why it is not two. */
  private static final int MANY_LINES = 1000;

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]+)(#[^)]*)?\\)");

  /** A class named in the glossary, like {@code flow.Field}. */
  private static final Pattern GLOSSARY_CLASS = Pattern.compile("`([a-z.]+\\.[A-Z]\\w+)`");

  /** A test named at the end of a row of the limits. */
  private static final Pattern LIMIT_TEST =
      Pattern.compile("`(\\w+#\\w+)` \\|$", Pattern.MULTILINE);

  @Test
  void everySourceNamesItsLicence() {
    for (Path file : sources()) {
      String head = String.join("\n", lines(file).subList(0, Math.min(2, lines(file).size())));
      assertThat(head).as("%s", file).contains("SPDX-License-Identifier: ");
      if (file.startsWith(ROOT.resolve("bpf-src"))) {
        assertThat(head).as("%s", file).contains("(GPL-2.0-only OR BSD-2-Clause)");
      }
    }
  }

  @Test
  void noSourceIsLongerThanAnyoneReads() {
    assertThat(sources()).allSatisfy(f -> assertThat(lines(f)).hasSizeLessThan(MANY_LINES));
  }

  @Test
  void everyJavaPackageSaysWhatItIs() {
    for (Path file : find(f -> f.toString().contains("/src/main/java/"))) {
      Path directory = Optional.ofNullable(file.getParent()).orElseThrow();
      assertThat(directory.resolve("package-info.java")).exists();
    }
  }

  @Test
  void linksInDocumentsLeadSomewhere() {
    for (Path file : find(f -> f.toString().endsWith(".md"))) {
      for (String target : matches(LINK, file)) {
        if (!target.contains("://")) {
          assertThat(file.resolveSibling(target)).as("a link of %s", file).exists();
        }
      }
    }
  }

  @Test
  void theGlossaryNamesClassesThatExist() {
    List<String> missing = new ArrayList<>();
    for (String name : matches(GLOSSARY_CLASS, ROOT.resolve("docs/glossary.md"))) {
      String path = "src/main/java/org/beeswitch/" + name.replace('.', '/') + ".java";
      if (find(f -> f.endsWith(path)).isEmpty()) {
        missing.add(name);
      }
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void everyDepartureHasAProvingCase() {
    for (String line : lines(ROOT.resolve("docs/departures.md"))) {
      if (line.equals("## Decided, not done")) {
        return;
      }
      if (!line.matches("\\| [DNRW]-.*")) {
        continue;
      }
      String[] cells = line.split("\\|");
      String proof = cells[cells.length - 1].strip();
      String name = proof.replace("`", "").replaceAll("#.*", "");
      assertThat(find(f -> f.getFileName().toString().startsWith(name + ".")))
          .as("proof of %s", cells[1].strip())
          .isNotEmpty();
    }
  }

  /** Rows end in {@code `Class#method`}. */
  @Test
  void everyLimitHasATestThatGoesThere() {
    List<String> proofs = matches(LIMIT_TEST, ROOT.resolve("docs/limits.md"));
    assertThat(proofs).hasSizeGreaterThan(20);
    for (String proof : proofs) {
      String[] name = proof.split("#");
      List<Path> files = find(f -> f.endsWith(name[0] + ".java"));
      assertThat(files).as("test %s", proof).hasSize(1);
      assertThat(String.join("\n", lines(files.get(0)))).contains("void " + name[1] + "(");
    }
    for (String line : lines(ROOT.resolve("docs/limits.md"))) {
      if (line.startsWith("| ") && !line.startsWith("| what |") && !line.startsWith("| --- |")) {
        assertThat(line).containsPattern(LIMIT_TEST);
      }
    }
  }

  private static List<Path> sources() {
    return find(f -> f.toString().matches(".*\\.(java|c|h)|.*/bin/[a-z]+"));
  }

  private static List<Path> find(Predicate<Path> wanted) {
    return FILES.stream().filter(wanted).toList();
  }

  private static List<Path> walk() {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .filter(f -> !ROOT.relativize(f).toString().matches("(.*/)?(target|\\.[a-z]+)(/.*)?"))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> matches(Pattern pattern, Path file) {
    Matcher matcher = pattern.matcher(String.join("\n", lines(file)));
    return matcher.results().map((MatchResult r) -> r.group(1)).toList();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
