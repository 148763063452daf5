// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.state;

/**
 * An address that NORMAL has learned (OVS {@code struct mac_entry}): in which VLAN, behind which
 * port. What it says is immutable; when it was last seen moves on as megaflows that refresh it are
 * credited, by any thread.
 */
public final class MacEntry {
  private final long mac;
  private final int vlan;
  private final int ofPort;
  private volatile long seenNs;

  /**
   * @param seenNs when, in {@code System.nanoTime()}'s clock
   */
  public MacEntry(long mac, int vlan, int ofPort, long seenNs) {
    this.mac = mac;
    this.vlan = vlan;
    this.ofPort = ofPort;
    this.seenNs = seenNs;
  }

  public long mac() {
    return mac;
  }

  public int vlan() {
    return vlan;
  }

  public int ofPort() {
    return ofPort;
  }

  public long seenNs() {
    return seenNs;
  }

  /**
   * Notes that it was seen. Racing writers may lose the later of two close times: an entry ages a
   * moment early, no harm.
   */
  public void touch(long atNs) {
    if (seenNs - atNs < 0) {
      seenNs = atNs;
    }
  }
}
