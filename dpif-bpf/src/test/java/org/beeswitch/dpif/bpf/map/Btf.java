// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.map;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Structs and enums that the type information (section {@code .BTF}) of a BPF object describes; see
 * the kernel's {@code Documentation/bpf/btf.rst}.
 */
final class Btf {
  private static final int KIND_INT = 1;
  private static final int KIND_ARRAY = 3;
  private static final int KIND_STRUCT = 4;
  private static final int KIND_UNION = 5;
  private static final int KIND_ENUM = 6;
  private static final int KIND_FUNC_PROTO = 13;
  private static final int KIND_VAR = 14;
  private static final int KIND_DATASEC = 15;
  private static final int KIND_DECL_TAG = 17;
  private static final int KIND_ENUM64 = 19;
  private static final int HEADER = 24;

  /** A struct's size, and where its members are. */
  record Struct(int size, Map<String, Integer> offsets) {}

  final Map<String, Struct> structs = new HashMap<>();

  /** All enumerators of all enums. */
  final Map<String, Integer> enumerators = new HashMap<>();

  Btf(byte[] elf) {
    ByteBuffer b = section(elf, ".BTF");
    int typeOff = b.getInt(8);
    int typeLen = b.getInt(12);
    int strOff = HEADER + b.getInt(16);
    for (int at = HEADER + typeOff; at < HEADER + typeOff + typeLen; ) {
      at = type(b, at, strOff);
    }
  }

  private int type(ByteBuffer b, int at, int strOff) {
    String name = string(b, strOff + b.getInt(at));
    int info = b.getInt(at + 4);
    int n = info & 0xffff;
    int size = b.getInt(at + 8);
    int next = at + 12;
    switch (info >>> 24 & 0x1f) {
      case KIND_INT, KIND_VAR, KIND_DECL_TAG -> next += 4;
      case KIND_ARRAY -> next += 12;
      case KIND_STRUCT, KIND_UNION -> {
        Map<String, Integer> offsets = new HashMap<>();
        for (int i = 0; i < n; i++, next += 12) {
          offsets.put(string(b, strOff + b.getInt(next)), (b.getInt(next + 8) & 0xffffff) / 8);
        }
        structs.put(name, new Struct(size, offsets));
      }
      case KIND_ENUM -> {
        for (int i = 0; i < n; i++, next += 8) {
          enumerators.put(string(b, strOff + b.getInt(next)), b.getInt(next + 4));
        }
      }
      case KIND_FUNC_PROTO -> next += 8 * n;
      case KIND_DATASEC, KIND_ENUM64 -> next += 12 * n;
      default -> {} // pointers, typedefs, qualifiers, functions: nothing behind the header
    }
    return next;
  }

  /** The object's section as a buffer of its own. */
  private static ByteBuffer section(byte[] elf, String wanted) {
    ByteBuffer e = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
    int table = (int) e.getLong(0x28);
    int entry = e.getShort(0x3a);
    int n = e.getShort(0x3c);
    int names = (int) e.getLong(table + e.getShort(0x3e) * entry + 0x18);
    List<String> seen = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      int at = table + i * entry;
      String name = string(e, names + e.getInt(at));
      seen.add(name);
      if (name.equals(wanted)) {
        return e.slice((int) e.getLong(at + 0x18), (int) e.getLong(at + 0x20))
            .order(ByteOrder.LITTLE_ENDIAN);
      }
    }
    throw new AssertionError("no section " + wanted + " among " + seen);
  }

  private static String string(ByteBuffer b, int at) {
    int end = at;
    while (b.get(end) != 0) {
      end++;
    }
    byte[] s = new byte[end - at];
    b.get(at, s);
    return new String(s, StandardCharsets.UTF_8);
  }
}
