// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifContractTest;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.PacketNetdev;
import org.beeswitch.netdev.PacketSocket;
import org.beeswitch.netdev.testing.TestNetns;
import org.junit.jupiter.api.Tag;

/** The contract in the kernel, between veth devices. */
@Tag("system")
class BpfContractTest extends DpifContractTest {
  /** What makes or removes devices, and so must be called in the switch's namespace. */
  private static final Set<String> IN_NAMESPACE =
      Set.of("portAdd", "portDel", "setExecutors", "close");

  private TestNetns ns;
  private TestNetns far;
  private Links farLinks;
  private Path rundir;

  @Override
  protected Dpif open() throws Exception {
    Lab.assumeBpf();
    ns = TestNetns.create();
    far = TestNetns.create();
    farLinks = far.call(Links::open);
    rundir = Files.createTempDirectory("bee-contract");
    BpfDpif bpf = ns.call(() -> BpfDpif.open(rundir));
    return (Dpif)
        Proxy.newProxyInstance(
            Dpif.class.getClassLoader(),
            new Class<?>[] {Dpif.class},
            (proxy, method, args) -> {
              try {
                return IN_NAMESPACE.contains(method.getName())
                    ? ns.call(() -> method.invoke(bpf, args))
                    : method.invoke(bpf, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Override
  protected PacketNetdev addPort(Dpif dpif, String name) throws Exception {
    ns.veth(name, far, "far-" + name);
    dpif.portAdd(name, PortKind.SYSTEM);
    return far.call(() -> PacketSocket.tapInto(farLinks, "far-" + name));
  }

  @Override
  protected void cleanUp() throws Exception {
    if (farLinks != null) {
      farLinks.close();
    }
    if (far != null) {
      far.close();
    }
    if (ns != null) {
      ns.close();
    }
    if (rundir != null) {
      Files.delete(rundir);
    }
  }
}
