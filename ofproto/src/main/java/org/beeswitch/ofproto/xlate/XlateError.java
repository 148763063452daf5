// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import java.util.Locale;

/**
 * Why a translation gave up; the packets of such a megaflow are dropped (OVS {@code enum
 * xlate_error}), but those of {@link #TOO_MANY_ACTIONS}.
 */
public enum XlateError {
  RECURSION_TOO_DEEP("Recursion too deep"),
  TOO_MANY_RESUBMITS("Too many resubmits"),
  /** Packets go where the list sends them up to where it is full. */
  TOO_MANY_ACTIONS("Too many datapath actions"),
  NO_RECIRCULATION_CONTEXT("No recirculation context"),
  NO_INPUT_PORT("Unknown input port"),
  BRIDGE_NOT_FOUND("Bridge not found");

  private final String text;
  private final String counter;

  XlateError(String text) {
    this.text = text;
    this.counter = "xlate_" + name().toLowerCase(Locale.ROOT);
  }

  /** Name of what counts upcalls that ended so; {@link #index} is its place among them. */
  public String counter() {
    return counter;
  }

  @SuppressWarnings("EnumOrdinal") // place in an array of counters
  public int index() {
    return ordinal();
  }

  public String text() {
    return text;
  }
}
