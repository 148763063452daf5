// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import java.util.EnumMap;
import java.util.Map;
import org.beeswitch.openflow.msg.OfErrorCode;

/**
 * Leaves a decoder from any depth with an error code. Caught by the decoder itself, never by its
 * callers; one instance per code, without a stack trace, so that a peer that sends nothing but bad
 * messages costs little.
 */
public final class Reject extends Exception {
  private static final Map<OfErrorCode, Reject> ALL = all();

  private final OfErrorCode code;

  private Reject(OfErrorCode code) {
    super(code.name(), null, false, false);
    this.code = code;
  }

  /** The one for this code. */
  public static Reject of(OfErrorCode code) {
    Reject r = ALL.get(code);
    if (r == null) {
      throw new IllegalStateException("no reject for " + code);
    }
    return r;
  }

  public OfErrorCode code() {
    return code;
  }

  private static Map<OfErrorCode, Reject> all() {
    Map<OfErrorCode, Reject> m = new EnumMap<>(OfErrorCode.class);
    for (OfErrorCode c : OfErrorCode.values()) {
      m.put(c, new Reject(c));
    }
    return m;
  }
}
