// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.state;

import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortDesc;
import org.jspecify.annotations.Nullable;

/**
 * A bridge's port as translation and the messages about ports see it.
 *
 * @param desc what controllers are told, number and configuration included
 * @param odpPort the datapath's number, or 0: a patch port
 * @param patch where a patch port leads, or null: it is none
 */
public record PortState(PortDesc desc, int odpPort, @Nullable PatchEnd patch) {
  public static final int LOCAL = OfPort.LOCAL.number();

  /** OpenFlow port number, unsigned: 1..0xfeff or {@link #LOCAL}. */
  public int ofPort() {
    return desc.port().number();
  }

  public String name() {
    return desc.name();
  }

  /** Whether a bit of {@link PortDesc}'s CONFIG_* is set. */
  public boolean has(int configBit) {
    return (desc.config() & configBit) != 0;
  }

  public PortState withDesc(PortDesc d) {
    return new PortState(d, odpPort, patch);
  }
}
