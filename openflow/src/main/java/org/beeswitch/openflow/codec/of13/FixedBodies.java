// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import static org.beeswitch.openflow.msg.OfErrorCode.*;

import org.beeswitch.openflow.codec.Cursor;
import org.beeswitch.openflow.codec.Reject;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.Role;

/**
 * OVS's checks of the messages whose body is a fixed structure: what has to hold before openflowj
 * may read them.
 */
final class FixedBodies {
  private FixedBodies() {}

  /** Checks the body at the cursor, which stays where it is. */
  static void check(OfMessage.Type type, Cursor c) throws Reject {
    int p = c.pos();
    switch (type) {
      case ROLE_REQUEST, ROLE_REPLY -> {
        int role = c.buf().getInt(p);
        if (role < 0 || role >= Role.values().length) {
          throw Reject.of(OFPRRFC_BAD_ROLE);
        }
      }
      default -> {
        // Anything goes: unknown bits are ignored, as OVS does.
      }
    }
  }
}
