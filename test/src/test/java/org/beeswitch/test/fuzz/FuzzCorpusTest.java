// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * What {@code bin/fuzz} has kept, through its targets again: inputs that between them reach all
 * that it has ever reached, and those that once broke something.
 */
class FuzzCorpusTest {
  @Test
  void messages() throws IOException {
    replay("decoder", DecoderTarget::fuzzerTestOneInput);
  }

  @Test
  void flowTexts() throws IOException {
    replay("flow-text", FlowTextTarget::fuzzerTestOneInput);
  }

  @Test
  void packets() throws IOException {
    replay("packet", PacketTarget::fuzzerTestOneInput);
  }

  private static void replay(String name, Consumer<byte[]> target) throws IOException {
    Path file =
        Path.of(System.getProperty("beeswitch.root", ".."))
            .resolve("test/src/test/resources/fuzz/" + name + ".hex");
    List<String> inputs = Files.readAllLines(file, StandardCharsets.US_ASCII);
    assertThat(inputs).as("inputs in %s", file).isNotEmpty();
    for (String input : inputs) {
      try {
        target.accept(HexFormat.of().parseHex(input));
      } catch (RuntimeException e) {
        throw new AssertionError(name + " " + input, e);
      }
    }
  }
}
