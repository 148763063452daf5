// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** Kinds of multipart messages, of requests and replies alike. */
public enum MultipartType {
  DESC,
  FLOW,
  AGGREGATE,
  TABLE,
  PORT_STATS,
  QUEUE,
  GROUP,
  GROUP_DESC,
  GROUP_FEATURES,
  METER,
  METER_CONFIG,
  METER_FEATURES,
  TABLE_FEATURES,
  PORT_DESC,
  EXPERIMENTER
}
