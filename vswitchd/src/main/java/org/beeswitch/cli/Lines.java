// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** The lines of a file that a command is given. */
final class Lines {
  private Lines() {}

  /**
   * All lines; of {@code in} if the file is {@code -}.
   *
   * @param verb what {@code ovs-ofctl} says has not been possible with a file that is not there
   */
  static List<String> of(String file, InputStream in, String verb) throws CliException {
    try {
      if (file.equals("-")) {
        return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
            .lines()
            .toList();
      }
      return Files.readAllLines(Path.of(file));
    } catch (NoSuchFileException e) {
      throw new CliException(file + ": " + verb + " (No such file or directory)", e);
    } catch (MalformedInputException e) {
      throw new CliException(file + ": is no text in UTF-8", e);
    } catch (IOException e) {
      throw new CliException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
