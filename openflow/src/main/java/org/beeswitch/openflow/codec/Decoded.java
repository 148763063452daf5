// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.OfError;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfVersion;
import org.jspecify.annotations.Nullable;

/** What a decoder makes of one frame: a message, or what is wrong with it. */
public sealed interface Decoded {
  /** A message that OVS would accept as far as a codec can tell. */
  record Good(OfFrame frame) implements Decoded {}

  /**
   * A bad message, with OVS's error for it.
   *
   * @param version the frame's own, which is that of the error
   * @param xid the frame's own, which is that of the error
   * @param type what kind of message it was meant to be; null if even that is unknown or its length
   *     is impossible. OVS refuses the modifying ones of a secondary controller with IS_SECONDARY
   *     before it looks any further
   * @param data the whole frame, which OVS echoes in the error
   */
  record Bad(int version, int xid, OfErrorCode code, OfMessage.@Nullable Type type, Bytes data)
      implements Decoded {
    /**
     * The answer: OFPT_ERROR with this version and xid. Like OVS's it is of version 1.0 if nobody
     * knows the frame's.
     */
    public OfFrame reply() {
      boolean known = version >= OfVersion.OF10 && version <= OfVersion.OF15;
      return new OfFrame(known ? version : OfVersion.OF10, xid, OfError.of(code, data));
    }
  }
}
