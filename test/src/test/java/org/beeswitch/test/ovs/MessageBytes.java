// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

/**
 * OpenFlow 1.3 messages and their parts in hexadecimal, with whatever numbers a test wants in them:
 * nothing is checked. Spaces mean nothing; the length in a message's header is for {@link
 * BadMessages} to fill in.
 */
final class MessageBytes {
  private MessageBytes() {}

  static final String ANY = "00010004 00000000";
  static final String ZERO4 = "00000000";
  static final String ZERO8 = "0000000000000000";
  static final String NO_BUFFER = "ffffffff";

  /** An Ethernet frame of EtherType 0x5555. */
  static final String FRAME = "0a0000000002 0a0000000001 5555" + "00".repeat(46);

  /** IPv4, TCP, port 80; the same as {@link ToolsTest}'s. */
  static final String TCP_FRAME =
      "0a0000000002 0a0000000001 0800 45000028000000004006"
          + "66ce0a0000010a000002303900500000000100000000500220006f590000";

  static final int ADD = 0;
  static final int MODIFY = 1;
  static final int MODIFY_STRICT = 2;
  static final int DELETE = 3;
  static final int DELETE_STRICT = 4;

  /** A message of OpenFlow 1.3. */
  static String msg(int type, String body) {
    return String.format("04%02x 0000 %s", type, ZERO4) + body;
  }

  /** The fields of a flow-mod. */
  record Flow(
      String cookies,
      int table,
      int command,
      int idle,
      int hard,
      int priority,
      String buffer,
      String outPort,
      String outGroup,
      int flags,
      String match,
      String instructions) {
    String message() {
      return msg(
          14,
          cookies
              + String.format("%02x%02x%04x%04x%04x", table, command, idle, hard, priority)
              + buffer
              + outPort
              + outGroup
              + String.format("%04x0000", flags)
              + match
              + instructions);
    }

    Flow cookie(String cookie, String mask) {
      return new Flow(
          cookie + mask,
          table,
          command,
          idle,
          hard,
          priority,
          buffer,
          outPort,
          outGroup,
          flags,
          match,
          instructions);
    }

    Flow table(int t) {
      return new Flow(
          cookies,
          t,
          command,
          idle,
          hard,
          priority,
          buffer,
          outPort,
          outGroup,
          flags,
          match,
          instructions);
    }

    Flow timeouts(int i, int h) {
      return new Flow(
          cookies,
          table,
          command,
          i,
          h,
          priority,
          buffer,
          outPort,
          outGroup,
          flags,
          match,
          instructions);
    }

    Flow priority(int p) {
      return new Flow(
          cookies,
          table,
          command,
          idle,
          hard,
          p,
          buffer,
          outPort,
          outGroup,
          flags,
          match,
          instructions);
    }

    Flow buffer(String b) {
      return new Flow(
          cookies,
          table,
          command,
          idle,
          hard,
          priority,
          b,
          outPort,
          outGroup,
          flags,
          match,
          instructions);
    }

    Flow out(String port, String group) {
      return new Flow(
          cookies,
          table,
          command,
          idle,
          hard,
          priority,
          buffer,
          port,
          group,
          flags,
          match,
          instructions);
    }

    Flow flags(int f) {
      return new Flow(
          cookies,
          table,
          command,
          idle,
          hard,
          priority,
          buffer,
          outPort,
          outGroup,
          f,
          match,
          instructions);
    }

    Flow match(String... oxms) {
      return rawMatch(ofpMatch(String.join("", oxms)));
    }

    Flow rawMatch(String m) {
      return new Flow(
          cookies,
          table,
          command,
          idle,
          hard,
          priority,
          buffer,
          outPort,
          outGroup,
          flags,
          m,
          instructions);
    }

    Flow does(String... i) {
      return new Flow(
          cookies,
          table,
          command,
          idle,
          hard,
          priority,
          buffer,
          outPort,
          outGroup,
          flags,
          match,
          String.join("", i));
    }

    Flow apply(String... actions) {
      return does(MessageBytes.apply(actions));
    }
  }

  static Flow flow(int command) {
    return new Flow(
        "00".repeat(16), 0, command, 0, 0, 100, NO_BUFFER, "ffffffff", "ffffffff", 0, ANY, "");
  }

  static Flow add() {
    return flow(ADD);
  }

  static int bytes(String hex) {
    return hex.replace(" ", "").length() / 2;
  }

  static String ofpMatch(String oxms) {
    int length = 4 + bytes(oxms);
    return String.format("0001%04x", length) + oxms + "00".repeat(-length & 7);
  }

  static String instruction(int type, String body) {
    return String.format("%04x%04x", type, 4 + bytes(body)) + body;
  }

  static String apply(String... actions) {
    return instruction(4, ZERO4 + String.join("", actions));
  }

  static String write(String... actions) {
    return instruction(3, ZERO4 + String.join("", actions));
  }

  static String goTo(int table) {
    return instruction(1, String.format("%02x000000", table));
  }

  static String output(long port) {
    return output(port, 0);
  }

  static String output(long port, int maxLen) {
    return String.format("0000 0010 %08x %04x 000000000000", port, maxLen);
  }

  /** A set-field, its OXM padded as it has to be. */
  static String setField(String oxm) {
    int length = 4 + bytes(oxm);
    int padded = length + 7 & ~7;
    return String.format("0019%04x", padded) + oxm + "00".repeat(padded - length);
  }

  static String inPort(long port) {
    return String.format("80000004 %08x", port);
  }

  static String ethType(int t) {
    return String.format("80000a02 %04x", t);
  }

  static String ipProto(int p) {
    return String.format("80001401 %02x", p);
  }

  static String tcpDst(int p) {
    return String.format("80001c02 %04x", p);
  }

  static String packetOut(String buffer, long inPort, String actions, String data) {
    return msg(
        13,
        buffer
            + String.format("%08x%04x", inPort, bytes(actions))
            + "000000000000"
            + actions
            + data);
  }

  static String multipart(int type, String body) {
    return msg(18, String.format("%04x0000", type) + ZERO4 + body);
  }
}
