// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifContractTest;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.netdev.PacketNetdev;

/** The contract on a datapath without threads. */
class SteppedContractTest extends DpifContractTest {
  @Override
  protected Dpif open() {
    return NetdevDpif.inMemory(System::nanoTime);
  }

  @Override
  protected PacketNetdev addPort(Dpif dpif, String name) throws Exception {
    dpif.portAdd(name, PortKind.SYSTEM);
    return ((NetdevDpif) dpif).farEnd(name);
  }

  @Override
  protected void pump() {
    ((NetdevDpif) dpif).step();
  }

  @Override
  protected boolean knowsDevices() {
    return false;
  }
}
