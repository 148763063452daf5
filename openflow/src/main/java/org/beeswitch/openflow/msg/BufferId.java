// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** Packet buffers: this switch, like OVS, has none. */
public final class BufferId {
  private BufferId() {}

  /** OFP_NO_BUFFER: the packet is in the message. */
  public static final int NONE = 0xffffffff;
}
