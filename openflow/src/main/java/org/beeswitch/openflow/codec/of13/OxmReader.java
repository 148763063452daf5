// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import static org.beeswitch.openflow.msg.OfErrorCode.*;

import java.util.Arrays;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.codec.Cursor;
import org.beeswitch.openflow.codec.Prerequisites;
import org.beeswitch.openflow.codec.Reject;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * Reads OXM and NXM entries, and matches made of them, checking what OVS checks in its order (OVS
 * {@code nx-match.c}): header, known field, payload length, value within mask; then for a match
 * maskability, value, prerequisites, duplicates.
 *
 * <p>Holds the last entry read and the match in the making; one per decoder, not thread-safe.
 */
final class OxmReader {
  /** OFPMT_STANDARD: OpenFlow 1.1's. */
  private static final int MATCH_STANDARD = 0;

  private static final int STANDARD_BYTES = 88;

  /** OFPMT_OXM. */
  private static final int MATCH_OXM = 1;

  /** Value and mask of the match in the making. */
  private final long[] flow = new long[FlowLayout.WORDS];

  private final long[] mask = new long[FlowLayout.WORDS];

  // The last entry.
  @Nullable Oxm oxm;
  boolean hasMask;
  long valueHi;
  long valueLo;
  long maskHi;
  long maskLo;

  /** Values of the last match read: {@link FlowLayout#WORDS} words, not a copy. */
  long[] flow() {
    return flow;
  }

  /** Mask of the last match read: {@link FlowLayout#WORDS} words, not a copy. */
  long[] mask() {
    return mask;
  }

  void clear() {
    Arrays.fill(flow, 0);
    Arrays.fill(mask, 0);
  }

  /**
   * Reads the header of an entry into {@link #oxm} and {@link #hasMask}; returns how long its
   * payload shall be.
   *
   * @param unknown error for a field that is not known; BAD_FIELD leaves {@link #oxm} null instead,
   *     because OVS looks at the payload of such an entry before it refuses it
   */
  int header(Cursor c, OfErrorCode unknown) throws Reject {
    if (c.left() < 4) {
      throw Reject.of(OFPBMC_BAD_LEN);
    }
    int p = c.pos();
    int header = c.buf().getInt(p);
    int vendor = 0;
    int headerBytes = 4;
    if (header >>> 16 == Oxm.EXPERIMENTER) {
      if (c.left() < 8) {
        throw Reject.of(OFPBMC_BAD_LEN);
      }
      vendor = c.buf().getInt(p + 4);
      headerBytes = 8;
    }
    int payload = (header & 0xff) - (headerBytes - 4);
    if (payload < 0) {
      throw Reject.of(OFPBMC_BAD_LEN);
    }
    c.skip(headerBytes);
    hasMask = (header & 0x100) != 0;
    Oxm o = Oxm.find(header, vendor);
    int bytes = hasMask ? payload / 2 : payload;
    if (o == null || o.bytes() != bytes) {
      oxm = null;
      if (unknown != OFPBMC_BAD_FIELD) {
        // OVS tells a known field of another length apart, if there is a length at all.
        boolean badLength = o != null && bytes + (headerBytes - 4) > 0;
        throw Reject.of(badLength ? OFPBAC_BAD_SET_LEN : unknown);
      }
    } else {
      oxm = o;
    }
    return payload;
  }

  /**
   * Reads an entry, header and payload, and checks what does not depend on what it is for. A field
   * not known leaves {@link #oxm} null.
   */
  private void entry(Cursor c, OfErrorCode unknown, boolean mayMask) throws Reject {
    int payload = header(c, unknown);
    if (c.left() < payload) {
      throw Reject.of(OFPBMC_BAD_LEN);
    }
    int width = hasMask ? payload / 2 : payload;
    int p = c.pos();
    if (hasMask) {
      for (int i = 0; i < width; i++) {
        if ((c.buf().getByte(p + i) & ~c.buf().getByte(p + width + i)) != 0) {
          throw Reject.of(OFPBMC_BAD_WILDCARDS);
        }
      }
    }
    if (hasMask && !mayMask) {
      throw Reject.of(OFPBMC_BAD_MASK);
    }
    Oxm o = oxm;
    if (o == null) {
      throw Reject.of(OFPBMC_BAD_FIELD);
    }
    if (o.bytes() == 16) {
      valueHi = c.buf().getLong(p);
      valueLo = c.buf().getLong(p + 8);
      maskHi = hasMask ? c.buf().getLong(p + width) : -1L;
      maskLo = hasMask ? c.buf().getLong(p + width + 8) : -1L;
    } else {
      valueHi = 0;
      maskHi = 0;
      valueLo = number(c, p, width);
      maskLo = hasMask ? number(c, p + width, width) : ones(width);
    }
    c.skip(payload);
  }

  /** The big-endian number of so many bytes at p. */
  private static long number(Cursor c, int p, int bytes) {
    long v = 0;
    for (int i = 0; i < bytes; i++) {
      v = v << 8 | c.buf().getUnsignedByte(p + i);
    }
    return v;
  }

  static long ones(int bytes) {
    return bytes >= 8 ? -1L : (1L << bytes * 8) - 1;
  }

  /** Reads the entry of a set-field action: value and mask as they are on the wire. */
  Oxm actionEntry(Cursor c, boolean mayMask) throws Reject {
    entry(c, OFPBAC_BAD_SET_TYPE, mayMask);
    return known();
  }

  private Oxm known() {
    Oxm o = oxm;
    if (o == null) {
      throw new IllegalStateException("no entry");
    }
    return o;
  }

  /** Whether the value on the wire is one that the field can have. */
  boolean isValueValid(Oxm o, long v) {
    if (o.form() == Oxm.Form.PORT) {
      return Ports.isValid((int) v);
    }
    return (v & ~o.valid()) == 0 || o.bytes() == 16;
  }

  /**
   * Reads an ofp_match: type, length, entries, padding to a multiple of 8 (OF 1.3.5, 7.2.3.1). The
   * result is interned in what can be shared; {@link #flow} and {@link #mask} keep it too.
   */
  Match match(Cursor c) throws Reject {
    if (c.left() < 4) {
      throw Reject.of(OFPBMC_BAD_LEN);
    }
    int available = c.left();
    int type = c.u16();
    int length = c.u16();
    if (type != MATCH_OXM) {
      // OVS takes 1.1's match, of a fixed length, at 1.3, too; this does not.
      boolean badLength =
          type == MATCH_STANDARD && (length != STANDARD_BYTES || available < STANDARD_BYTES);
      throw Reject.of(badLength ? OFPBMC_BAD_LEN : OFPBMC_BAD_TYPE);
    }
    if (length < 4) {
      throw Reject.of(OFPBMC_BAD_LEN);
    }
    int padded = (length + 7 & ~7) - 4;
    if (c.left() < padded) {
      throw Reject.of(OFPBMC_BAD_LEN);
    }
    Cursor entries = c.sub(length - 4);
    c.skip(padded - (length - 4));
    return entries(entries);
  }

  /** Reads the entries of a match, to the end of {@code c}. */
  Match entries(Cursor c) throws Reject {
    clear();
    boolean isOfEthernet = false;
    while (c.left() > 0) {
      isOfEthernet |= matchEntry(c, isOfEthernet);
    }
    Match m = Match.of(flow, mask);
    if (!isOfEthernet || m.impliesEthernet()) {
      return m;
    }
    mask[FlowLayout.TYPE_HASH] |= Field.PACKET_TYPE.wordMask();
    return Match.of(flow, mask);
  }

  /**
   * Reads an entry; true if it says that the packet type is 0, Ethernet, if only by being there.
   *
   * @param isOfEthernet whether an earlier one said so
   */
  private boolean matchEntry(Cursor c, boolean isOfEthernet) throws Reject {
    entry(c, OFPBMC_BAD_FIELD, true);
    Oxm o = known();
    Field f = o.field();
    boolean wide = o.bytes() == 16;
    boolean exact = maskLo == ones(o.bytes()) && (!wide || maskHi == -1L);
    boolean none = (maskLo | maskHi) == 0;
    if (!exact && !none && f.masking() == Field.Masking.NONE) {
      throw Reject.of(OFPBMC_BAD_MASK);
    }
    if (!isValueValid(o, valueLo)) {
      throw Reject.of(OFPBMC_BAD_VALUE);
    }
    if (!Prerequisites.met(f.prereq(), flow, mask)) {
      throw Reject.of(OFPBMC_BAD_PREREQ);
    }
    int w = f.word();
    boolean isPacketType = f == Field.PACKET_TYPE;
    if ((mask[w] & f.wordMask()) != 0
        || f.isWide() && mask[w + 1] != 0
        || isPacketType && isOfEthernet) {
      throw Reject.of(OFPBMC_DUP_FIELD);
    }
    boolean ofEthernet =
        isPacketType ? !none && valueLo == 0 : f.prereq().isOfEthernet() && !hasPacketType();
    if (none || isPacketType && ofEthernet) {
      return ofEthernet;
    }
    if (wide) {
      flow[w] = valueHi;
      flow[w + 1] = valueLo;
      mask[w] = maskHi;
      mask[w + 1] = maskLo;
      return ofEthernet;
    }
    long m = exact ? f.ones() : o.fromWire(maskLo) & f.ones();
    if (f == Field.IP_FRAG) {
      // Eight bits, of which two are something; OVS shows no others.
      m = (m & o.valid()) == o.valid() ? f.ones() : m & o.valid();
    }
    mask[w] |= m << f.shift();
    flow[w] |= (o.fromWire(valueLo) & m) << f.shift();
    if (f == Field.VLAN_PCP) {
      // Its prerequisite holds, so the tag is there: OVS matches on that, too.
      mask[w] |= (long) FlowLayout.VLAN_PRESENT << Field.VLAN_VID.shift();
    }
    return ofEthernet;
  }

  /** Whether there is a match on another packet type than Ethernet. */
  private boolean hasPacketType() {
    return (mask[FlowLayout.TYPE_HASH] & Field.PACKET_TYPE.wordMask()) != 0;
  }
}
