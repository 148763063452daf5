// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.beeswitch.flow.AddressText;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.OfPort;
import org.jspecify.annotations.Nullable;

/**
 * Reads actions and instructions (OVS {@code ofpacts_parse}). What they are on the wire of OpenFlow
 * 1.3 depends on the packets that they meet: {@link ActionResolver} says.
 */
final class ActionParser {
  /** Known to {@code ovs-ofctl}, and not to this version. */
  private static final Set<String> UNSUPPORTED =
      Set.of(
          "output_reg",
          "bundle",
          "bundle_load",
          "move",
          "push",
          "pop",
          "dec_nsh_ttl",
          "delete_field",
          "encap",
          "decap",
          "fin_timeout",
          "resubmit",
          "learn",
          "conjunction",
          "multipath",
          "note",
          "exit",
          "sample",
          "unroll_xlate",
          "ct",
          "ct_clear",
          "nat",
          "output_trunc",
          "clone",
          "check_pkt_larger",
          "debug_recirc",
          "debug_slow");

  private final Names names;
  private final List<ActionDraft> out = new ArrayList<>();

  private ActionParser(Names names) {
    this.names = names;
  }

  /** Reads instructions, in the order in which they are carried out. */
  static List<ActionDraft> instructions(String text, Names names) throws FlowSyntaxException {
    return parse(text, names, false);
  }

  /** Reads actions: no instruction but a meter. */
  static List<ActionDraft> actions(String text, Names names) throws FlowSyntaxException {
    List<ActionDraft> drafts = parse(text, names, false);
    for (ActionDraft d : drafts) {
      if (d.order() != ActionDraft.Order.APPLY) {
        throw new FlowSyntaxException(d.order().text + " instruction not allowed here");
      }
    }
    return drafts;
  }

  private static List<ActionDraft> parse(String text, Names names, boolean nested)
      throws FlowSyntaxException {
    ActionParser p = new ActionParser(names);
    KeyValues kv = new KeyValues(text);
    boolean drop = false;
    while (kv.next()) {
      if (kv.key().equalsIgnoreCase("drop")) {
        drop = true;
      } else {
        p.take(kv.key(), kv.value());
      }
    }
    if (drop && !p.out.isEmpty()) {
      throw new FlowSyntaxException(
          "\"drop\" must not be accompanied by any other action or instruction");
    }
    verify(p.out, nested);
    return p.out;
  }

  /** OVS {@code ofpacts_verify}. */
  private static void verify(List<ActionDraft> drafts, boolean nested) throws FlowSyntaxException {
    ActionDraft.Order last = null;
    for (ActionDraft d : drafts) {
      if (d instanceof ActionDraft.Final f
          && f.action() instanceof Action.SetField s
          && (s.field() == Field.CT_MARK || s.field() == Field.CT_LABEL)) {
        throw new FlowSyntaxException("cannot set CT fields outside of ct action");
      }
      ActionDraft.Order next = d.order();
      if (nested && next == ActionDraft.Order.METER) {
        throw new FlowSyntaxException("write_actions action doesn't support nested action meter");
      }
      if (last != null && last == next && next != ActionDraft.Order.APPLY) {
        throw FlowSyntaxException.of(
            "duplicate %s instruction not allowed, for OpenFlow 1.1+ compatibility", next.text);
      }
      if (last != null && next.compareTo(last) < 0) {
        throw FlowSyntaxException.of(
            "invalid instruction ordering: %s must appear before %s, for OpenFlow 1.1+"
                + " compatibility",
            next.text, last.text);
      }
      if (nested && next != ActionDraft.Order.APPLY) {
        throw new FlowSyntaxException(next.text + " instruction not allowed here");
      }
      last = next;
    }
  }

  private void take(String key, String arg) throws FlowSyntaxException {
    String name = key.toLowerCase(Locale.ROOT);
    switch (name) {
      case "output" -> output(arg);
      case "controller" -> controller(arg);
      case "enqueue" -> enqueue(arg);
      case "group" -> add(new Action.Group(CNumber.u32(arg)));
      case "set_queue" -> add(new Action.SetQueue(CNumber.u32(arg)));
      case "pop_queue" -> add(new Action.PopQueue());
      case "set_field" -> setField(arg);
      case "load" -> load(arg);
      case "set_tunnel", "set_tunnel64" -> modify(Field.TUN_ID, CNumber.u64(arg));
      case "mod_vlan_vid", "set_vlan_vid" -> vlanVid(arg, name.startsWith("mod"));
      case "mod_vlan_pcp", "set_vlan_pcp" -> vlanPcp(arg, name.startsWith("mod"));
      case "strip_vlan", "pop_vlan" -> add(new Action.PopVlan());
      case "push_vlan" -> {
        int type = CNumber.u16(arg, "ethertype");
        if (!EthType.isVlan(type)) {
          throw new FlowSyntaxException(arg + ": not a valid VLAN ethertype");
        }
        add(new Action.PushVlan(type));
      }
      case "mod_dl_src" -> modify(Field.ETH_SRC, mac(arg));
      case "mod_dl_dst" -> modify(Field.ETH_DST, mac(arg));
      case "mod_nw_src" -> modify(Field.IPV4_SRC, ip(arg));
      case "mod_nw_dst" -> modify(Field.IPV4_DST, ip(arg));
      case "mod_nw_tos" -> modify(Field.IP_DSCP, bits(arg, "TOS", "TOS", 0xfc) >>> 2);
      case "mod_nw_ecn" -> modify(Field.IP_ECN, bits(arg, "ECN", "ECN", 3));
      case "mod_nw_ttl", "set_nw_ttl" -> add(new Action.SetNwTtl(CNumber.u8(arg, "TTL")));
      case "dec_ttl" -> {
        if (!arg.isEmpty()) {
          throw unsupported("dec_ttl with controller ids");
        }
        add(new Action.DecNwTtl());
      }
      case "mod_tp_src" ->
          out.add(new ActionDraft.SetTransportPort(CNumber.u16(arg, "source port"), true));
      case "mod_tp_dst" ->
          out.add(new ActionDraft.SetTransportPort(CNumber.u16(arg, "destination port"), false));
      case "set_mpls_label" -> {
        expect(arg, "set_mpls_label: expected label.");
        long label = Integer.toUnsignedLong(CNumber.u32(arg));
        if (label > 0xfffff) {
          throw new FlowSyntaxException(arg + ": not a valid MPLS label");
        }
        modify(Field.MPLS_LABEL, label);
      }
      case "set_mpls_tc" -> {
        expect(arg, "set_mpls_tc: expected tc.");
        modify(Field.MPLS_TC, bits(arg, "MPLS TC", "MPLS TC", 7));
      }
      case "set_mpls_ttl" -> {
        expect(arg, "set_mpls_ttl: expected ttl.");
        add(new Action.SetMplsTtl(CNumber.u8(arg, "MPLS TTL")));
      }
      case "dec_mpls_ttl" -> add(new Action.DecMplsTtl());
      case "push_mpls" -> add(new Action.PushMpls(CNumber.u16(arg, "push_mpls")));
      case "pop_mpls" -> add(new Action.PopMpls(CNumber.u16(arg, "pop_mpls")));
      case "copy_ttl_out" -> add(new Action.CopyTtlOut());
      case "copy_ttl_in" -> add(new Action.CopyTtlIn());
      case "push_pbb" -> add(new Action.PushPbb(CNumber.u16(arg, "push_pbb")));
      case "pop_pbb" -> add(new Action.PopPbb());
      case "meter" -> out.add(new ActionDraft.Meter(CNumber.u32(arg)));
      case "clear_actions" -> out.add(new ActionDraft.Clear());
      case "write_actions" -> out.add(new ActionDraft.Write(parse(arg, names, true)));
      case "write_metadata" -> {
        int slash = arg.indexOf('/');
        long mask = slash < 0 ? -1L : CNumber.u64(arg.substring(slash + 1));
        long value = CNumber.u64(slash < 0 ? arg : arg.substring(0, slash));
        out.add(new ActionDraft.WriteMetadata(value, mask));
      }
      case "goto_table" -> {
        int table = names.parseTable(arg);
        if (table < 0) {
          throw FlowSyntaxException.of("unknown table \"%s\"", arg);
        }
        out.add(new ActionDraft.Goto(table));
      }
      case "apply_actions" ->
          throw new FlowSyntaxException("apply_actions is the default instruction");
      default -> other(key, name);
    }
  }

  private void other(String key, String name) throws FlowSyntaxException {
    if (UNSUPPORTED.contains(name)) {
      throw unsupported(name);
    }
    OfPort port = names.parsePort(key);
    if (port == null) {
      throw new FlowSyntaxException("unknown action " + key);
    }
    add(new Action.Output(port, 0));
  }

  private static FlowSyntaxException unsupported(String what) {
    return new FlowSyntaxException(what + ": this action is not supported yet");
  }

  private void add(Action a) {
    out.add(new ActionDraft.Final(a));
  }

  private void modify(Field f, long value) {
    out.add(new ActionDraft.Modify(Action.SetField.exact(f, value)));
  }

  private void output(String arg) throws FlowSyntaxException {
    if (arg.contains("port") && arg.contains("max_len")) {
      throw unsupported("output(port,max_len)");
    }
    OfPort port = names.parsePort(arg);
    if (port == null) {
      TextField f = TextField.bySubfieldName(arg.replaceAll("\\[.*", ""));
      throw f != null
          ? unsupported("output to a register")
          : new FlowSyntaxException(arg + ": output to unknown port");
    }
    add(new Action.Output(port, port.equals(OfPort.CONTROLLER) ? Action.Output.ALL_BYTES : 0));
  }

  private void controller(String arg) throws FlowSyntaxException {
    int maxLen = Action.Output.ALL_BYTES;
    if (!arg.isEmpty() && arg.chars().allMatch(c -> c >= '0' && c <= '9')) {
      maxLen = CNumber.u16(arg, "max_len");
    } else {
      for (KeyValues kv = new KeyValues(arg); kv.next(); ) {
        switch (kv.key()) {
          case "max_len" -> maxLen = CNumber.u16(kv.value(), "max_len");
          case "reason" -> {
            if (!kv.value().equals("action")) {
              throw unsupported("controller(reason)");
            }
          }
          case "id" -> {
            if (CNumber.u16(kv.value(), "id") != 0) {
              throw unsupported("controller(id)");
            }
          }
          case "userdata", "pause", "meter_id" -> throw unsupported("controller(" + kv.key() + ")");
          default ->
              throw FlowSyntaxException.of(
                  "unknown key \"%s\" parsing controller action", kv.key());
        }
      }
    }
    add(new Action.Output(OfPort.CONTROLLER, maxLen));
  }

  /** OpenFlow 1.0's, which three actions do in later versions. */
  private void enqueue(String arg) throws FlowSyntaxException {
    String[] parts = arg.replaceFirst("^[:q,]+", "").split("[:q,]", 2);
    if (parts.length < 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
      throw new FlowSyntaxException(
          "\"enqueue\" syntax is \"enqueue:PORT:QUEUE\" or \"enqueue(PORT,QUEUE)\"");
    }
    OfPort port = names.parsePort(parts[0]);
    if (port == null) {
      throw new FlowSyntaxException(parts[0] + ": enqueue to unknown port");
    }
    add(new Action.SetQueue(CNumber.u32(parts[1])));
    add(new Action.Output(port, 0));
    add(new Action.PopQueue());
  }

  private void vlanVid(String arg, boolean push) throws FlowSyntaxException {
    int vid = CNumber.u16(arg, "VLAN VID");
    if (vid > 0xfff) {
      throw new FlowSyntaxException(arg + ": not a valid VLAN VID");
    }
    out.add(new ActionDraft.SetVlan(Action.SetField.exact(Field.VLAN_VID, vid | 0x1000), push));
  }

  private void vlanPcp(String arg, boolean push) throws FlowSyntaxException {
    int pcp = (int) bits(arg, "VLAN PCP", "VLAN PCP", 7);
    out.add(new ActionDraft.SetVlan(Action.SetField.exact(Field.VLAN_PCP, pcp), push));
  }

  private static long bits(String arg, String name, String what, int allowed)
      throws FlowSyntaxException {
    int v = CNumber.u8(arg, name);
    if ((v & ~allowed) != 0) {
      throw FlowSyntaxException.of("%s: not a valid %s", arg, what);
    }
    return v;
  }

  private static void expect(String arg, String message) throws FlowSyntaxException {
    if (arg.isEmpty()) {
      throw new FlowSyntaxException(message);
    }
  }

  private static long mac(String arg) throws FlowSyntaxException {
    long mac = AddressText.parseMac(arg);
    if (mac == AddressText.NOT_AN_ADDRESS) {
      throw new FlowSyntaxException("invalid mac address " + arg);
    }
    return mac;
  }

  private static long ip(String arg) throws FlowSyntaxException {
    long ip = AddressText.parseIpv4(arg);
    if (ip == AddressText.NOT_AN_ADDRESS) {
      throw new FlowSyntaxException(arg + ": could not convert to IP address");
    }
    return ip;
  }

  /** The index of the arrow in {@code value->field}. */
  private static int arrow(String arg) throws FlowSyntaxException {
    int arrow = arg.indexOf("->");
    if (arrow < 0) {
      throw new FlowSyntaxException(arg + ": missing `->'");
    }
    if (arrow + 2 == arg.length()) {
      throw new FlowSyntaxException(arg + ": missing field name following `->'");
    }
    return arrow;
  }

  private void setField(String arg) throws FlowSyntaxException {
    int arrow = arrow(arg);
    String key = arg.substring(arrow + 2);
    String text = arg.substring(0, arrow);
    TextField f = TextField.byName(key);
    if (f == null) {
      throw new FlowSyntaxException(key + " is not a valid OXM field name");
    }
    if (!f.writable()) {
      throw new FlowSyntaxException(key + " is read-only");
    }
    Masked m = ValueText.parse(f, text, names);
    if ((m.lo() & ~validBits(f)) != 0) {
      throw FlowSyntaxException.of("%s is not a valid value for field %s", text, key);
    }
    if (m.isExact(f)) {
      set(f, m.hi(), m.lo(), f.isWide() ? -1L : 0, ones(f), false);
      return;
    }
    // The protocol has no masks here: OVS says it with register loads, one for each run of ones.
    for (int from = 0; from < f.bits(); ) {
      if (!bit(m, from)) {
        from++;
        continue;
      }
      int end = from + 1;
      while (end < f.bits() && end < from + 64 && bit(m, end)) {
        end++;
      }
      Subfield run = new Subfield(f, from, end - from);
      Masked at = run.place(text, 0, 0, names);
      set(f, m.hi() & at.maskHi(), m.lo() & at.maskLo(), at.maskHi(), at.maskLo(), true);
      from = end;
    }
    if (m.isWild() && f.field() != null) {
      out.add(new ActionDraft.SetNothing(f.field()));
    }
  }

  private static boolean bit(Masked m, int i) {
    return ((i < 64 ? m.maskLo() >>> i : m.maskHi() >>> i - 64) & 1) != 0;
  }

  private void load(String arg) throws FlowSyntaxException {
    int arrow = arrow(arg);
    Subfield dst = Subfield.parse(arg.substring(arrow + 2));
    IntText v = IntText.scan(arg, 0, dst.field().bytes());
    if (v.error() != null) {
      throw new FlowSyntaxException(arg + ": cannot parse integer value");
    }
    Masked m = dst.place(arg, v.hi(), v.lo(), names);
    set(dst.field(), m.hi(), m.lo(), m.maskHi(), m.maskLo(), true);
  }

  private void set(TextField f, long hi, long lo, long maskHi, long maskLo, boolean load)
      throws FlowSyntaxException {
    Field field = f.field();
    if (field == Field.IN_PORT && load) {
      // OpenFlow 1.0's 16 bits, of which reserved ports are at the end.
      if (maskLo != 0xffff) {
        throw unsupported("load to a part of in_port");
      }
      long port = lo > OfPort.MAX_NUMBER ? lo | 0xffff0000L : lo;
      out.add(
          new ActionDraft.Final(new Action.SetField(Field.IN_PORT, 0, port, 0, 0xffffffffL, true)));
      return;
    }
    Action.SetField a =
        switch (f.view()) {
          case PLAIN -> new Action.SetField(nonNull(field), hi, lo, maskHi, maskLo, load);
          case NW_TOS ->
              new Action.SetField(Field.IP_DSCP, 0, lo >>> 2, 0, maskLo >>> 2 & 0x3f, load);
          case DL_VLAN, DL_VLAN_PCP, IN_PORT_OXM, XREG, XXREG ->
              throw unsupported("set_field of " + f.name());
        };
    out.add(new ActionDraft.Final(a));
  }

  private static Field nonNull(@Nullable Field f) {
    if (f == null) {
      throw new IllegalStateException("a plain field without field");
    }
    return f;
  }

  /** Ones of the field in a set-field. */
  private static long ones(TextField f) {
    Field field = f.field();
    int bits = field == null || f.view() != TextField.View.PLAIN ? f.bits() : field.bits();
    return bits >= 64 ? -1L : (1L << bits) - 1;
  }

  /** The bits that a value may have (OVS {@code mf_is_value_valid}). */
  private static long validBits(TextField f) {
    Field field = f.field();
    if (f.view() == TextField.View.NW_TOS) {
      return 0xfc;
    }
    if (f.view() != TextField.View.PLAIN || field == null) {
      return -1L;
    }
    return field == Field.ARP_OP ? 0xff : ones(f);
  }
}
