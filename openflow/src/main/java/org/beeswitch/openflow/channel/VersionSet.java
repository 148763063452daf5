// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

/**
 * A set of OpenFlow wire versions, as a HELLO's bitmap has it: bit {@code n} is version {@code n}
 * (1 is OpenFlow 1.0, 4 is 1.3, 6 is 1.5). Bit 0 is never set, as there is no such version.
 */
public record VersionSet(int bitmap) {
  /** No version: what a switch with nothing allowed could speak. */
  public static final VersionSet NONE = new VersionSet(0);

  /** OpenFlow 1.3 alone. */
  public static final VersionSet OF13 = of(4);

  /** Every version that has a number: 1.0 to 1.5. */
  public static final VersionSet KNOWN = upTo(6);

  private static final int MAX_BIT = 31;

  public VersionSet {
    if ((bitmap & 1) != 0) {
      throw new IllegalArgumentException("there is no OpenFlow version 0x00");
    }
  }

  public static VersionSet of(int... versions) {
    int bitmap = 0;
    for (int version : versions) {
      if (version < 1 || version > MAX_BIT) {
        throw new IllegalArgumentException("OpenFlow version " + version + " is not in 1 to 31");
      }
      bitmap |= 1 << version;
    }
    return new VersionSet(bitmap);
  }

  /**
   * What the version field of a HELLO without bitmap stands for: that version and all before it.
   */
  public static VersionSet upTo(int version) {
    return new VersionSet(version >= MAX_BIT ? ~1 : (1 << (version + 1)) - 1 & ~1);
  }

  public boolean contains(int version) {
    return version >= 1 && version <= MAX_BIT && (bitmap >>> version & 1) != 0;
  }

  public boolean isEmpty() {
    return bitmap == 0;
  }

  public VersionSet intersect(VersionSet other) {
    return new VersionSet(bitmap & other.bitmap);
  }

  /** The newest version of a set that is not empty. */
  public int newest() {
    if (bitmap == 0) {
      throw new IllegalStateException("an empty set of versions has no newest");
    }
    return MAX_BIT - Integer.numberOfLeadingZeros(bitmap);
  }

  /** Whether the version field of a HELLO says it all, so that OVS sends no bitmap. */
  public boolean isContiguousFromOldest() {
    return equals(bitmap == 0 ? NONE : upTo(newest()));
  }

  /** As OVS writes it into logs and the data of HELLO_FAILED errors (lib/vconn.c). */
  public String describe() {
    if (bitmap == 0) {
      return "no versions";
    }
    if (Integer.bitCount(bitmap) == 1) {
      return "version " + hex(newest());
    }
    if (isContiguousFromOldest()) {
      return "version " + hex(newest()) + " and earlier";
    }
    var text = new StringBuilder("versions ");
    String separator = "";
    for (int version = 1; version <= MAX_BIT; version++) {
      if (contains(version)) {
        text.append(separator).append(hex(version));
        separator = ", ";
      }
    }
    return text.toString();
  }

  private static String hex(int version) {
    return String.format("0x%02x", version);
  }
}
