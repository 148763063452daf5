// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import static org.beeswitch.flow.FlowLayout.NSH;
import static org.beeswitch.flow.FlowLayout.NSH_CONTEXT;

/** Prints what is matched of a network service header (OVS {@code format_nsh_masked}). */
final class NshText {
  private static final int MD_TYPE_1 = 1;

  private NshText() {}

  static void append(StringBuilder s, long[] value, long[] mask) {
    long v = value[NSH];
    long m = mask[NSH];
    u8(s, "nsh_flags", v >>> 56, m >>> 56);
    u8(s, "nsh_ttl", v >>> 48, m >>> 48);
    u8(s, "nsh_mdtype", v >>> 40, m >>> 40);
    u8(s, "nsh_np", v >>> 32, m >>> 32);
    hex(s, "nsh_spi", v >>> 8 & 0xffffff, m >>> 8 & 0xffffff, 0xffffff);
    u8(s, "nsh_si", v, m);
    if ((m >>> 40 & 0xff) == 0xff && (v >>> 40 & 0xff) == MD_TYPE_1) {
      for (int i = 0; i < 4; i++) {
        int shift = i % 2 == 0 ? 32 : 0;
        int w = NSH_CONTEXT + i / 2;
        hex(
            s,
            "nsh_c" + (i + 1),
            value[w] >>> shift & 0xffffffffL,
            mask[w] >>> shift & 0xffffffffL,
            0xffffffffL);
      }
    }
  }

  private static void u8(StringBuilder s, String name, long value, long mask) {
    long m = mask & 0xff;
    if (m == 0xff) {
      s.append(name).append('=').append(value & 0xff).append(',');
    } else if (m != 0) {
      s.append(String.format("%s=0x%02x/0x%02x,", name, value & 0xff, m));
    }
  }

  private static void hex(StringBuilder s, String name, long value, long mask, long full) {
    if (mask == full) {
      s.append(String.format("%s=0x%x,", name, value));
    } else if (mask != 0) {
      s.append(String.format("%s=0x%x/0x%x,", name, value, mask));
    }
  }
}
