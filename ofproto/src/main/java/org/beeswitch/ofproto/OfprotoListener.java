// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.PortStatus;

/** What a bridge tells the connections to its controllers, on {@code main}. */
public interface OfprotoListener {
  void flowRemoved(FlowRemoved m);

  void portStatus(PortStatus m);
}
