// SPDX-License-Identifier: Apache-2.0

import java.io.InputStream;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.onlab.util.ItemNotFoundException;
import org.onosproject.net.DeviceId;
import org.onosproject.net.driver.Driver;
import org.onosproject.net.driver.DriverService;
import org.onosproject.net.driver.XmlDriverLoader;
import org.onosproject.openflow.controller.Dpid;
import org.onosproject.openflow.controller.OpenFlowSwitchListener;
import org.onosproject.openflow.controller.RoleState;
import org.onosproject.openflow.controller.impl.OpenFlowControllerImpl;
import org.osgi.service.component.ComponentContext;
import org.projectfloodlight.openflow.protocol.OFPortStatus;

/**
 * Runs ONOS's OpenFlow controller (its channel handler, handshake, role manager and choice of a
 * driver) without the rest of ONOS: the services that OSGi would inject are stand-ins that do
 * nothing, but for the one that knows the drivers. So this is ONOS's protocol engine, not ONOS.
 *
 * <p>Prints "LISTENING", "DRIVER name" for each switch that it identifies, "SWITCH dpid" for each
 * that has come all the way, and what {@link Check} says.
 */
public final class OnosSouthbound {
  private static final int PATIENCE_S = 60;

  private OnosSouthbound() {}

  public static void main(String[] args) throws Exception {
    String port = args[0];
    boolean stay = args[1].equals("stay");
    int expected = args.length > 2 ? Integer.parseInt(args[2]) : 1;
    OpenFlowControllerImpl controller = new OpenFlowControllerImpl();
    injectStandIns(controller);
    Check check = new Check(controller);
    Arrivals arrivals = new Arrivals(check, expected);
    controller.addListener(arrivals);
    controller.addMessageListener(check);
    if (stay) {
      controller.addMessageListener(new Learning(controller));
    }
    controller.activate(contextOf(port));
    System.out.println("LISTENING on " + port);
    boolean came = arrivals.done.await(stay ? Long.MAX_VALUE : PATIENCE_S, TimeUnit.SECONDS);
    check.say("connection of " + expected + " switches", came);
    for (Dpid dpid : arrivals.dpids) {
      if (stay) {
        check.take(dpid, RoleState.MASTER);
        Learning.install(controller.getSwitch(dpid));
      } else {
        check.run(dpid);
      }
    }
    if (stay) {
      System.out.println("LEARNING");
      Thread.currentThread().join();
    }
    System.exit(check.failed() == 0 ? 0 : 1);
  }

  /** The properties that ONOS's configuration would hold. */
  private static ComponentContext contextOf(String port) {
    Dictionary<String, Object> properties = new Hashtable<>();
    properties.put("openflowPorts", port);
    properties.put("workerThreads", "2");
    return (ComponentContext)
        Proxy.newProxyInstance(
            OnosSouthbound.class.getClassLoader(),
            new Class<?>[] {ComponentContext.class},
            (p, m, a) -> m.getName().equals("getProperties") ? properties : null);
  }

  private static void injectStandIns(OpenFlowControllerImpl controller) throws Exception {
    for (Field f : OpenFlowControllerImpl.class.getDeclaredFields()) {
      Class<?> type = f.getType();
      boolean isService =
          type.isInterface()
              && type.getName().startsWith("org.onosproject")
              && f.getName().endsWith("Service");
      if (isService || f.getName().equals("openFlowManager")) {
        f.setAccessible(true);
        f.set(controller, type == DriverService.class ? driverService() : inert(type));
      }
    }
  }

  /** Does nothing, and answers every question with null, false or 0. */
  private static Object inert(Class<?> type) {
    return Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (p, m, a) -> {
          Class<?> r = m.getReturnType();
          if (m.getName().equals("hashCode")) {
            return 1;
          }
          return !r.isPrimitive() || r == void.class ? null : Array.get(Array.newInstance(r, 1), 0);
        });
  }

  /** Chooses among ONOS's own drivers, by what the switch says of itself. */
  private static Object driverService() throws Exception {
    Map<String, Driver> drivers = loadDrivers();
    return Proxy.newProxyInstance(
        OnosSouthbound.class.getClassLoader(),
        new Class<?>[] {DriverService.class},
        (p, m, a) -> {
          if (!m.getName().equals("getDriver")) {
            return m.getReturnType() == Set.class ? Set.copyOf(drivers.values()) : null;
          }
          if (a[0] instanceof DeviceId) {
            throw new ItemNotFoundException("there are no devices here");
          }
          if (a.length == 1) {
            return drivers.get(a[0]);
          }
          Driver chosen = drivers.get("default");
          for (Driver d : drivers.values()) {
            if (a[0].toString().matches(d.manufacturer())
                && a[1].toString().matches(d.hwVersion())
                && a[2].toString().matches(d.swVersion())) {
              chosen = d;
              break;
            }
          }
          System.out.println("DRIVER " + chosen.name());
          return chosen;
        });
  }

  private static Map<String, Driver> loadDrivers() throws Exception {
    Map<String, Driver> byName = new HashMap<>();
    try (InputStream in = OnosSouthbound.class.getResourceAsStream("/onos-drivers.xml")) {
      new XmlDriverLoader(OnosSouthbound.class.getClassLoader(), null)
          .loadDrivers(in, byName::get)
          .getDrivers()
          .forEach(d -> byName.put(d.name(), d));
    }
    return byName;
  }

  /** Counts switches that have come all the way through ONOS's handshake. */
  private static final class Arrivals implements OpenFlowSwitchListener {
    final Set<Dpid> dpids = ConcurrentHashMap.newKeySet();
    final CountDownLatch done;
    private final Check check;

    Arrivals(Check check, int expected) {
      this.check = check;
      this.done = new CountDownLatch(expected);
    }

    @Override
    public void switchAdded(Dpid d) {
      System.out.println("SWITCH " + d);
      if (dpids.add(d)) {
        done.countDown();
      }
    }

    @Override
    public void switchRemoved(Dpid d) {
      System.out.println("REMOVED " + d);
    }

    @Override
    public void switchChanged(Dpid d) {}

    @Override
    public void portChanged(Dpid d, OFPortStatus s) {
      System.out.println("PORT STATUS " + s.getReason() + " " + s.getDesc().getName());
    }

    @Override
    public void receivedRoleReply(Dpid d, RoleState asked, RoleState got) {
      check.roleIs(d, got);
    }
  }
}
