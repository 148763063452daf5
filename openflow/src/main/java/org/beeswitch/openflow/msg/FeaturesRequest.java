// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_FEATURES_REQUEST: has no body. */
public record FeaturesRequest() implements OfMessage {
  @Override
  public Type type() {
    return Type.FEATURES_REQUEST;
  }
}
