// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.openflow.msg.FlowMod;

/**
 * A flow, and what {@code ovs-ofctl} made of it: {@code parse-flow.txt} of the resources.
 *
 * @param expected what follows the header of a flow-mod, or {@code !} and a message
 */
record ParseFlowCase(String flow, String expected) {
  /** The wording of OVS when a flow cannot be said in OpenFlow 1.3. */
  private static final String NO_PROTOCOL = "!no usable protocol";

  boolean isError() {
    return expected.startsWith("!");
  }

  static List<ParseFlowCase> all() {
    List<ParseFlowCase> cases = new ArrayList<>();
    try (InputStream in = ParseFlowCase.class.getResourceAsStream("parse-flow.txt")) {
      List<String> lines =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(l -> !l.startsWith("#"))
              .toList();
      for (int i = 0; i + 1 < lines.size(); i += 2) {
        cases.add(new ParseFlowCase(lines.get(i), lines.get(i + 1)));
      }
      return cases;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What we make of a flow, in the same form. */
  static String ours(String flow) {
    try {
      StringBuilder s = new StringBuilder();
      FlowText.append(
          s, new FlowTextParser(Names.NONE).flowMod(FlowMod.Command.ADD, flow), Names.NONE);
      return s.toString();
    } catch (FlowSyntaxException e) {
      return e.text().startsWith("none of the usable flow formats") ? NO_PROTOCOL : "!" + e.text();
    }
  }
}
