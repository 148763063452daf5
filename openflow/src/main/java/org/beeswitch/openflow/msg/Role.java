// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** Roles of a controller, by their number on the wire; OVS's words for 1.3's master and slave. */
public enum Role {
  /** In a request: tell me mine. */
  NOCHANGE,
  /** Full access, like others. */
  EQUAL,
  /** OFPCR_ROLE_MASTER: full access, at most one. */
  PRIMARY,
  /** OFPCR_ROLE_SLAVE: reads only. */
  SECONDARY;

  /** OVS's word for it, as {@code ovs-ofctl} prints it. */
  public String text() {
    return switch (this) {
      case NOCHANGE -> "nochange";
      case EQUAL -> "equal";
      case PRIMARY -> "primary";
      case SECONDARY -> "secondary";
    };
  }
}
