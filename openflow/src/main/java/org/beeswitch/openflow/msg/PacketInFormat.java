// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** How packet-ins are said on one connection (OVS {@code enum ofputil_packet_in_format}). */
public enum PacketInFormat {
  /** OFPT_PACKET_IN of the version spoken. */
  STANDARD("standard"),
  /** NXT_PACKET_IN: what OpenFlow 1.0 had for fields that its own cannot say. */
  NXT_PACKET_IN("nxt_packet_in"),
  /** NXT_PACKET_IN2: a list of properties. */
  NXT_PACKET_IN2("nxt_packet_in2");

  private final String text;

  PacketInFormat(String text) {
    this.text = text;
  }

  /** As {@code ovs-ofctl -P} has it. */
  public String text() {
    return text;
  }
}
