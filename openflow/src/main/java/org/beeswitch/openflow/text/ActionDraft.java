// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.List;
import org.beeswitch.flow.Field;
import org.beeswitch.openflow.msg.Action;

/**
 * An action or instruction as it was written, before it is known what packets it meets. Most are
 * what they will be; those of OpenFlow 1.0 turn into others by the packet: {@code mod_tp_src} sets
 * the port of TCP or UDP, {@code mod_vlan_vid} pushes a tag if there is none.
 */
sealed interface ActionDraft {
  /** Instructions by the order in which they are carried out and must be written. */
  enum Order {
    METER("meter"),
    APPLY("apply_actions"),
    CLEAR("clear_actions"),
    WRITE("write_actions"),
    METADATA("write_metadata"),
    GOTO("goto_table");

    final String text;

    Order(String text) {
      this.text = text;
    }
  }

  default Order order() {
    return Order.APPLY;
  }

  /** An action that is final. */
  record Final(Action action) implements ActionDraft {}

  /** A set-field of no bits: nothing to send, but packets must have the field. */
  record SetNothing(Field field) implements ActionDraft {}

  /** {@code mod_nw_src} and its like: sets a field of whatever packet it meets. */
  record Modify(Action.SetField action) implements ActionDraft {}

  /** {@code set_vlan_vid}, and with {@code push} {@code mod_vlan_vid}. */
  record SetVlan(Action.SetField action, boolean push) implements ActionDraft {}

  /** {@code mod_tp_src}, {@code mod_tp_dst}. */
  record SetTransportPort(int port, boolean source) implements ActionDraft {}

  record Meter(int id) implements ActionDraft {
    @Override
    public Order order() {
      return Order.METER;
    }
  }

  record Clear() implements ActionDraft {
    @Override
    public Order order() {
      return Order.CLEAR;
    }
  }

  record Write(List<ActionDraft> actions) implements ActionDraft {
    @Override
    public Order order() {
      return Order.WRITE;
    }
  }

  record WriteMetadata(long value, long mask) implements ActionDraft {
    @Override
    public Order order() {
      return Order.METADATA;
    }
  }

  record Goto(int table) implements ActionDraft {
    @Override
    public Order order() {
      return Order.GOTO;
    }
  }
}
