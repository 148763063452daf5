// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.beeswitch.flow.RandomPackets;
import org.beeswitch.openflow.codec.Mutator;
import org.beeswitch.openflow.codec.Samples;
import org.beeswitch.openflow.text.RandomFlowText;

/**
 * For {@code bin/fuzz}: a corpus is a directory of files to Jazzer, and a file with a line of
 * hexadecimal for each input in {@code resources/fuzz}.
 */
public final class CorpusFile {
  private static final int SEEDS = 200;

  private CorpusFile() {}

  /** {@code unpack NAME FILE DIRECTORY} or {@code pack NAME FILE DIRECTORY}. */
  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[2]);
    Path directory = Path.of(arguments[3]);
    switch (arguments[0]) {
      case "unpack" -> unpack(arguments[1], file, directory);
      case "pack" -> pack(file, directory);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static void unpack(String name, Path file, Path directory) throws IOException {
    Files.createDirectories(directory);
    int n = 0;
    for (byte[] seed : seeds(name)) {
      Files.write(directory.resolve("seed" + n++), seed);
    }
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file, StandardCharsets.US_ASCII)) {
        Files.write(directory.resolve("kept" + n++), HexFormat.of().parseHex(line));
      }
    }
  }

  private static void pack(Path file, Path directory) throws IOException {
    TreeSet<String> lines = new TreeSet<>();
    try (Stream<Path> inputs = Files.list(directory)) {
      for (Path p : inputs.toList()) {
        byte[] b = Files.readAllBytes(p);
        if (b.length > 0) {
          lines.add(HexFormat.of().formatHex(b));
        }
      }
    }
    Files.write(file, lines, StandardCharsets.US_ASCII);
  }

  /** Good inputs, from which a fuzzer gets further than from nothing. */
  private static List<byte[]> seeds(String name) {
    return switch (name) {
      case "decoder" ->
          Stream.concat(
                  Mutator.encode(Samples.toSwitch()).stream(),
                  Mutator.encode(Samples.toController()).stream())
              .toList();
      case "flow-text" -> {
        RandomFlowText texts = new RandomFlowText(new Random(1));
        yield Stream.generate(texts::next)
            .limit(SEEDS)
            .map(s -> s.getBytes(StandardCharsets.UTF_8))
            .toList();
      }
      case "packet" -> {
        RandomPackets packets = new RandomPackets(1);
        yield Stream.generate(packets::next).limit(SEEDS).toList();
      }
      default -> throw new IllegalArgumentException(name);
    };
  }
}
