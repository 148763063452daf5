// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifContractTest;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.PacketNetdev;
import org.beeswitch.netdev.PacketSocket;
import org.beeswitch.netdev.testing.TestNetns;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;

/** The contract between veth devices. */
@Tag("system")
class LinuxContractTest extends DpifContractTest {
  private @Nullable TestNetns ns;
  private @Nullable TestNetns far;
  private @Nullable Links farLinks;

  @Override
  protected Dpif open() throws Exception {
    TestNetns.assumeRoot();
    ns = TestNetns.create();
    far = TestNetns.create();
    farLinks = far.call(Links::open);
    return ns.call(() -> NetdevDpif.open(1));
  }

  @Override
  protected PacketNetdev addPort(Dpif dpif, String name) throws Exception {
    ns.veth(name, far, "far-" + name);
    ns.call(() -> dpif.portAdd(name, PortKind.SYSTEM));
    return far.call(() -> PacketSocket.tapInto(farLinks, "far-" + name));
  }

  @Override
  protected void cleanUp() {
    if (farLinks != null) {
      farLinks.close();
    }
    if (far != null) {
      far.close();
    }
    if (ns != null) {
      ns.close();
    }
  }
}
