// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.connmgr;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * Holds the parts of one connection's multipart requests (OFPMPF_REQ_MORE) until each is complete
 * (OVS {@code ofpmp_assembler} in {@code lib/ofp-msgs.c}).
 *
 * <p>Parts belong together by their transaction id, and have to be of one kind. A part without a
 * body may come anywhere, even of a kind that needs one, as long as another part has one. What is
 * wrong within a body is found when the request is complete; what is wrong with a part's header or
 * length, at once.
 *
 * <p>Limits: a request whose next part does not come within {@link #TIMEOUT_NS} ends with
 * MULTIPART_REQUEST_TIMEOUT; parts of more than {@link #MAX_BYTES}, or more than {@link
 * #MAX_TOTAL_BYTES} of all requests of this connection, with MULTIPART_BUFFER_OVERFLOW. {@code
 * main} alone.
 */
final class MultipartAssembler {
  static final long TIMEOUT_NS = 1_000_000_000L;

  /** Of one request, as OVS: those for table features can be over 1 MB. */
  static final int MAX_BYTES = 4 << 20;

  /** OVS has no such limit, and a peer that begins a request with each message fills its memory. */
  static final int MAX_TOTAL_BYTES = 16 << 20;

  private static final int MULTIPART_REQUEST = 18;
  private static final int TABLE_FEATURES = 12;
  private static final int EXPERIMENTER = 0xffff;
  private static final int HEADER = 16;
  private static final int EXPERIMENTER_HEADER = 24;
  private static final int REQ_MORE = 1;

  private final Map<Integer, Partial> partials = new LinkedHashMap<>();
  private int totalBytes;

  /** One part, and what the codec made of it. */
  record Part(Decoded decoded, Frame frame) {
    boolean isEmpty() {
      return frame.length() <= headerLength(frame);
    }

    boolean isTableFeatures() {
      return stat(frame) == TABLE_FEATURES;
    }

    /** Of a kind whose body cannot be missing. */
    private boolean lacksBody() {
      return isEmpty() && decoded instanceof Decoded.Bad;
    }
  }

  /**
   * What became of a message.
   *
   * @param whole the parts of a request that is complete, one at least; empty: wait for more
   * @param error what is wrong with the message; null: nothing
   */
  record Outcome(List<Part> whole, @Nullable OfErrorCode error) {
    private static final Outcome WAIT = new Outcome(List.of(), null);

    private static Outcome refuse(OfErrorCode e) {
      return new Outcome(List.of(), e);
    }
  }

  private static final class Partial {
    final Object kind;
    final List<Part> parts = new ArrayList<>();
    int bytes;
    boolean hasBody;
    long deadlineNs;

    Partial(Object kind) {
      this.kind = kind;
    }
  }

  /** Whether a message is one that {@link #add} is for. */
  static boolean isFor(Frame frame) {
    return frame.type() == MULTIPART_REQUEST;
  }

  private static int headerLength(Frame frame) {
    return stat(frame) == EXPERIMENTER ? EXPERIMENTER_HEADER : HEADER;
  }

  private static int stat(Frame frame) {
    return frame.u16(8);
  }

  /** What has to be the same in all parts: the type, of an experimenter's also whose and which. */
  private static Object kind(Frame frame) {
    int stat = stat(frame);
    return stat == EXPERIMENTER ? List.of(frame.u32(16), frame.u32(20)) : (Object) stat;
  }

  Outcome add(Decoded decoded, Frame frame, long nowNs) {
    if (frame.length() < HEADER || frame.length() < headerLength(frame)) {
      return Outcome.refuse(OfErrorCode.OFPBRC_BAD_LEN);
    }
    Part part = new Part(decoded, frame);
    // Without a type, the codec got no further than the headers and the length.
    if (decoded instanceof Decoded.Bad bad
        && bad.type() == null
        && !(part.isEmpty() && bad.code() == OfErrorCode.OFPBRC_BAD_LEN)) {
      return Outcome.refuse(bad.code());
    }
    Partial p = partials.computeIfAbsent(frame.xid(), xid -> new Partial(kind(frame)));
    p.deadlineNs = nowNs + TIMEOUT_NS;
    if (!p.kind.equals(kind(frame))) {
      forget(frame.xid(), p);
      return Outcome.refuse(OfErrorCode.OFPBRC_BAD_STAT);
    }
    p.bytes += frame.length();
    totalBytes += frame.length();
    if (p.bytes > MAX_BYTES || totalBytes > MAX_TOTAL_BYTES) {
      forget(frame.xid(), p);
      return Outcome.refuse(OfErrorCode.OFPBRC_MULTIPART_BUFFER_OVERFLOW);
    }
    p.hasBody |= !part.isEmpty();
    boolean more = (frame.u16(10) & REQ_MORE) != 0;
    if (!more && !p.hasBody && part.lacksBody()) {
      forget(frame.xid(), p);
      return Outcome.refuse(OfErrorCode.OFPBRC_BAD_LEN);
    }
    p.parts.add(part);
    if (more) {
      return Outcome.WAIT;
    }
    forget(frame.xid(), p);
    return new Outcome(withoutEmpty(p.parts), null);
  }

  private void forget(int xid, Partial p) {
    partials.remove(xid);
    totalBytes -= p.bytes;
  }

  /** The last stays if there is no other. */
  private static List<Part> withoutEmpty(List<Part> parts) {
    List<Part> whole = parts.stream().filter(p -> !p.isEmpty()).toList();
    return whole.isEmpty() ? parts.subList(parts.size() - 1, parts.size()) : whole;
  }

  /** The last part of a request that nobody goes on with, and which is forgotten; null: none. */
  @Nullable Frame expire(long nowNs) {
    for (Iterator<Partial> i = partials.values().iterator(); i.hasNext(); ) {
      Partial p = i.next();
      if (nowNs - p.deadlineNs >= 0) {
        i.remove();
        totalBytes -= p.bytes;
        return p.parts.get(p.parts.size() - 1).frame();
      }
    }
    return null;
  }
}
