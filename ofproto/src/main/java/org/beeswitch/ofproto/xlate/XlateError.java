// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

/**
 * Why a translation gave up; the packets of such a megaflow are dropped (OVS {@code enum
 * xlate_error}).
 */
public enum XlateError {
  RECURSION_TOO_DEEP("Recursion too deep"),
  TOO_MANY_RESUBMITS("Too many resubmits"),
  TOO_MANY_ACTIONS("Too many datapath actions"),
  NO_RECIRCULATION_CONTEXT("No recirculation context"),
  NO_INPUT_PORT("Unknown input port"),
  BRIDGE_NOT_FOUND("Bridge not found");

  private final String text;

  XlateError(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }
}
