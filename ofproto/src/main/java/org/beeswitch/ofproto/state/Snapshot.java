// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.state;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * All bridges of one datapath at one version: what a translation is made of.
 *
 * <p>One writer, {@code main}, makes a new snapshot for each change (a flow-mod, a whole bundle, a
 * port that came, a learned MAC) and publishes it by one volatile write; handlers and revalidators
 * take it by one read and so never see half a change. Versions share structure: a change copies the
 * path to what it changes.
 */
public final class Snapshot {
  public static final Snapshot EMPTY = new Snapshot(0, new BridgeState[0], new long[0]);

  /** {@link #portOf}: no bridge has that datapath port. */
  public static final long NO_PORT = -1;

  private final long version;
  private final @Nullable BridgeState[] bridges;
  private final long[] ofPortByOdpPort; // bridge number << 32 | OpenFlow port

  private Snapshot(long version, @Nullable BridgeState[] bridges, long[] ofPortByOdpPort) {
    this.version = version;
    this.bridges = bridges;
    this.ofPortByOdpPort = ofPortByOdpPort;
  }

  public long version() {
    return version;
  }

  /** The bridge of that number, or null if it is gone. */
  public @Nullable BridgeState bridge(int number) {
    return number >= 0 && number < bridges.length ? bridges[number] : null;
  }

  /** One more than the largest bridge number that there was lately. */
  public int bridgeNumbers() {
    return bridges.length;
  }

  /**
   * Which port a datapath port is: {@code bridge number << 32 | OpenFlow port}, or {@link
   * #NO_PORT}.
   */
  public long portOf(int odpPort) {
    return odpPort >= 0 && odpPort < ofPortByOdpPort.length ? ofPortByOdpPort[odpPort] : NO_PORT;
  }

  /** The next version, with {@code b} in the place of the bridge of its number. */
  public Snapshot with(BridgeState b) {
    @Nullable BridgeState[] all = Arrays.copyOf(bridges, Math.max(bridges.length, b.number() + 1));
    BridgeState old = all[b.number()];
    all[b.number()] = b;
    boolean samePorts = old != null && old.ports() == b.ports();
    return new Snapshot(version + 1, all, samePorts ? ofPortByOdpPort : index(all));
  }

  /** The next version, without the bridge of that number. */
  public Snapshot without(int bridgeNumber) {
    @Nullable BridgeState[] all = bridges.clone();
    all[bridgeNumber] = null;
    return new Snapshot(version + 1, all, index(all));
  }

  private static long[] index(@Nullable BridgeState[] bridges) {
    long[] byOdp = new long[16];
    Arrays.fill(byOdp, NO_PORT);
    for (BridgeState b : bridges) {
      for (int i = 0; b != null && i < b.ports().size(); i++) {
        PortState p = b.ports().at(i);
        if (p.odpPort() >= byOdp.length) {
          int n = byOdp.length;
          byOdp = Arrays.copyOf(byOdp, Math.max(2 * n, p.odpPort() + 1));
          Arrays.fill(byOdp, n, byOdp.length, NO_PORT);
        }
        if (p.odpPort() != 0) {
          byOdp[p.odpPort()] = (long) b.number() << 32 | p.ofPort() & 0xffffffffL;
        }
      }
    }
    return byOdp;
  }
}
