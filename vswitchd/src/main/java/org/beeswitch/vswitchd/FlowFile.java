// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.ofproto.Ofproto;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.Names;
import org.beeswitch.vswitchd.config.ConfigException;

/** A bridge's {@code --flows}: lines as {@code ovs-ofctl add-flows} takes them, all or none. */
final class FlowFile {
  private FlowFile() {}

  /**
   * Puts the flows of a file into a bridge, as one version.
   *
   * @throws ConfigException the file cannot be read, a line of it is wrong, or the bridge refuses
   *     it
   */
  static void load(Path file, Bridge bridge, long nowNs) throws ConfigException {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      throw new ConfigException("--flows " + file + ": no such file", e);
    } catch (MalformedInputException e) {
      throw new ConfigException("--flows " + file + ": is no text in UTF-8", e);
    } catch (IOException e) {
      throw new ConfigException("--flows " + file + ": cannot be read: " + e.getMessage(), e);
    }
    Ofproto ofproto = bridge.ofproto();
    List<PortDesc> ports = new ArrayList<>();
    for (PortState p : ofproto.state().ports().asList()) {
      ports.add(p.desc());
    }
    try {
      List<FlowMod> flows =
          new FlowTextParser(Names.ofPorts(ports)).file(String.valueOf(file), lines);
      Ofproto.Outcome outcome = ofproto.flowMods(flows, nowNs);
      if (outcome.error() != null) {
        throw new ConfigException(
            file
                + ":"
                + lineOf(outcome.failed(), lines)
                + ": bridge "
                + bridge.name()
                + " refuses this flow: "
                + outcome.error());
      }
    } catch (FlowSyntaxException e) {
      throw new ConfigException(e.text(), e);
    }
  }

  /** The line number of the n-th flow, as the parser counts flows. */
  private static int lineOf(int n, List<String> lines) {
    int flow = -1;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      int comment = line.indexOf('#');
      if (!(comment < 0 ? line : line.substring(0, comment)).isBlank() && ++flow == n) {
        return i + 1;
      }
    }
    return lines.size();
  }
}
