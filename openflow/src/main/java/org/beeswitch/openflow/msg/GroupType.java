// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** Types of groups, by their number on the wire. */
public enum GroupType {
  ALL,
  SELECT,
  INDIRECT,
  FF
}
