// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import org.jspecify.annotations.Nullable;

/**
 * OFPT_ERROR. Errors of other people's making may be unknown, hence the numbers.
 *
 * @param vendor experimenter, or 0 for a standard error
 * @param errorType OFPET_*, or the experimenter's type
 * @param code within the type; 0 for an experimenter's
 * @param data what provoked it: in OVS the whole message; text for HELLO_FAILED
 */
public record OfError(int vendor, int errorType, int code, Bytes data) implements OfMessage {
  /** An error that we raise about the message with these bytes. */
  public static OfError of(OfErrorCode code, Bytes data) {
    return new OfError(code.vendor(), code.errorType(), code.code(), data);
  }

  /** The error's name, or null if it is not known. */
  public @Nullable OfErrorCode known() {
    return OfErrorCode.find(vendor, errorType, code);
  }

  @Override
  public Type type() {
    return Type.ERROR;
  }
}
