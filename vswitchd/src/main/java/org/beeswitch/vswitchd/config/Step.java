// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.beeswitch.openflow.tls.TlsSettings;
import org.jspecify.annotations.Nullable;

/**
 * One change on the way from a configuration to the next.
 *
 * <p>The order is: TLS, so that what is wrong with its files stops the rest; then what goes, so
 * that a device can move from one bridge to another; then bridges, ports, and last what bridges say
 * to controllers, so that a controller never sees half a bridge. What both configurations have
 * alike is not touched: a flow survives that a port is added beside it. A bridge whose datapath id,
 * protocols or description changed is made anew; its controllers would have to get to know it again
 * anyhow. A file of flows is read when a bridge is made, and never again.
 */
public sealed interface Step {
  /** Says with what connections over TLS are made from now on; null: none are. */
  record SetTls(@Nullable TlsSettings tls) implements Step {}

  record DeletePort(String bridge, String port) implements Step {}

  record DeleteBridge(String bridge) implements Step {}

  /**
   * Makes the bridge with its fail mode and LOCAL; ports and controllers have steps of their own.
   */
  record AddBridge(BridgeConfig bridge) implements Step {}

  record AddPort(String bridge, PortConfig port) implements Step {}

  /** Reads the bridge's file of flows. */
  record LoadFlows(BridgeConfig bridge) implements Step {}

  record SetFailMode(String bridge, FailMode mode) implements Step {}

  record SetControllers(String bridge, List<ControllerConfig> controllers) implements Step {}

  /** What leads from one to the other, in the order in which it is to be done. */
  static List<Step> between(Configuration from, Configuration to) {
    List<Step> deletions = new ArrayList<>();
    List<Step> additions = new ArrayList<>();
    List<Step> ports = new ArrayList<>();
    List<Step> flows = new ArrayList<>();
    List<Step> control = new ArrayList<>();
    for (BridgeConfig old : from.bridges()) {
      BridgeConfig next = to.bridge(old.name());
      if (next == null || !isSame(old, next)) {
        deletions.add(new DeleteBridge(old.name()));
      } else {
        for (PortConfig p : old.ports()) {
          if (!next.ports().contains(p)) {
            deletions.add(new DeletePort(old.name(), p.name()));
          }
        }
      }
    }
    for (BridgeConfig next : to.bridges()) {
      BridgeConfig old = from.bridge(next.name());
      if (old == null || !isSame(old, next)) {
        additions.add(new AddBridge(next));
        if (next.flows() != null) {
          flows.add(new LoadFlows(next));
        }
        old = BridgeConfig.of(next.name()).withFailMode(next.failMode());
      }
      // Those who ask for a number before those who take what is left.
      for (boolean numbered : new boolean[] {true, false}) {
        for (PortConfig p : next.ports()) {
          if ((p.ofPort() != null) == numbered && !old.ports().contains(p)) {
            ports.add(new AddPort(next.name(), p));
          }
        }
      }
      if (old.failMode() != next.failMode()) {
        control.add(new SetFailMode(next.name(), next.failMode()));
      }
      if (!old.controllers().equals(next.controllers())) {
        control.add(new SetControllers(next.name(), next.controllers()));
      }
    }
    List<Step> all = new ArrayList<>();
    if (!Objects.equals(from.tls(), to.tls())) {
      all.add(new SetTls(to.tls()));
    }
    all.addAll(deletions);
    all.addAll(additions);
    all.addAll(ports);
    all.addAll(flows);
    all.addAll(control);
    return all;
  }

  private static boolean isSame(BridgeConfig a, BridgeConfig b) {
    return Objects.equals(a.dpid(), b.dpid())
        && a.protocols().equals(b.protocols())
        && a.identity().equals(b.identity());
  }
}
