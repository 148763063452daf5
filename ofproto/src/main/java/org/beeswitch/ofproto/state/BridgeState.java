// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.state;

import org.beeswitch.ofproto.classifier.Classifier;
import org.beeswitch.openflow.msg.SwitchConfig;

/**
 * One bridge at one version: everything that translation of a packet in it can depend on.
 * Immutable; {@code with…} share what did not change.
 */
public final class BridgeState {
  /** Tables that controllers can use: 0..253. */
  public static final int TABLES = 254;

  /** OVS's hidden table, TBL_INTERNAL: read-only for controllers. */
  public static final int TABLE_INTERNAL = 254;

  private static final int CHUNK = 16;

  private final int number;
  private final String name;
  private final Classifier<Rule>[][]
      tables; // [CHUNK][CHUNK], so that a change copies 32 references and not 256
  private final TableCounters[] counters;
  private final InternalRules internal;
  private final Ports ports;
  private final MacTable macs;
  private final SwitchConfig.Frag frags;

  private BridgeState(
      int number,
      String name,
      Classifier<Rule>[][] tables,
      TableCounters[] counters,
      InternalRules internal,
      Ports ports,
      MacTable macs,
      SwitchConfig.Frag frags) {
    this.number = number;
    this.name = name;
    this.tables = tables;
    this.counters = counters;
    this.internal = internal;
    this.ports = ports;
    this.macs = macs;
    this.frags = frags;
  }

  /** A bridge with no ports, and with rules in the internal table alone. */
  public static BridgeState create(int number, String name, long nowNs) {
    @SuppressWarnings({"unchecked", "rawtypes"}) // array of a generic type
    Classifier<Rule>[][] t = new Classifier[CHUNK][CHUNK];
    TableCounters[] c = new TableCounters[CHUNK * CHUNK];
    for (int i = 0; i < c.length; i++) {
      t[i / CHUNK][i % CHUNK] = Classifier.empty();
      c[i] = new TableCounters();
    }
    InternalRules internal = InternalRules.create(nowNs);
    t[TABLE_INTERNAL / CHUNK][TABLE_INTERNAL % CHUNK] = internal.table();
    return new BridgeState(
        number, name, t, c, internal, Ports.NONE, MacTable.EMPTY, SwitchConfig.Frag.NORMAL);
  }

  /**
   * Index in {@link Snapshot}; given when the bridge is made, and another's only long after this
   * one is gone.
   */
  public int number() {
    return number;
  }

  public String name() {
    return name;
  }

  public Classifier<Rule> table(int id) {
    return tables[id / CHUNK][id % CHUNK];
  }

  public TableCounters counters(int tableId) {
    return counters[tableId];
  }

  public InternalRules internal() {
    return internal;
  }

  public Ports ports() {
    return ports;
  }

  public MacTable macs() {
    return macs;
  }

  public SwitchConfig.Frag frags() {
    return frags;
  }

  public BridgeState withTable(int id, Classifier<Rule> t) {
    Classifier<Rule>[][] outer = tables.clone();
    outer[id / CHUNK] = outer[id / CHUNK].clone();
    outer[id / CHUNK][id % CHUNK] = t;
    return new BridgeState(number, name, outer, counters, internal, ports, macs, frags);
  }

  public BridgeState withPorts(Ports p) {
    return new BridgeState(number, name, tables, counters, internal, p, macs, frags);
  }

  public BridgeState withMacs(MacTable m) {
    return new BridgeState(number, name, tables, counters, internal, ports, m, frags);
  }

  public BridgeState withFrags(SwitchConfig.Frag f) {
    return new BridgeState(number, name, tables, counters, internal, ports, macs, f);
  }
}
