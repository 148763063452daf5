// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

/** Dumps bytes, sixteen a line (OVS {@code ds_put_hex_dump}). */
final class HexDump {
  private static final int PER_LINE = 16;

  private HexDump() {}

  static void append(StringBuilder s, byte[] b, boolean ascii) {
    for (int line = 0; line < b.length; line += PER_LINE) {
      int end = Math.min(b.length, line + PER_LINE);
      s.append(String.format("%08x  ", line));
      for (int i = line; i < end; i++) {
        s.append(String.format("%02x", b[i])).append(i - line == PER_LINE / 2 - 1 ? '-' : ' ');
      }
      if (ascii) {
        s.append("   ".repeat(line + PER_LINE - end)).append('|');
        for (int i = line; i < end; i++) {
          s.append(b[i] >= ' ' && b[i] < 127 ? (char) b[i] : '.');
        }
        s.append(" ".repeat(line + PER_LINE - end)).append('|');
      } else if (s.charAt(s.length() - 1) == ' ') {
        s.setLength(s.length() - 1);
      }
      s.append('\n');
    }
  }
}
