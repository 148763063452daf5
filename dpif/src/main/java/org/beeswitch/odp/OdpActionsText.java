// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

import static org.beeswitch.flow.FlowLayout.*;
import static org.beeswitch.odp.OdpNumbers.hex;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.IpProto;
import org.jspecify.annotations.Nullable;

/**
 * Action lists in text, both ways (OVS {@code format_odp_actions}, {@code
 * odp_actions_from_string}).
 *
 * <p>A SET writes bits of a key word; text names a header. Which header it is that, say, the word
 * of the L4 ports belongs to, only the flow's key tells. SETs of one header that follow one another
 * are one {@code set(...)}, as OVS has it.
 */
final class OdpActionsText {
  private static final String USERSPACE = "userspace(pid=0";

  private final StringBuilder sb = new StringBuilder();
  private final OdpText.PortNamer ports;
  private final int ethType;
  private final int proto;

  // The set() being collected; none if setAttr is null.
  private @Nullable OdpAttr setAttr;
  private final long[] value = new long[ODP_WORDS];
  private final long[] mask = new long[ODP_WORDS];

  private OdpActionsText(@Nullable OdpKey key, OdpText.PortNamer ports) {
    this.ports = ports;
    this.ethType = key == null ? 0 : (int) key.words()[ETH_DST_TYPE - ODP] & 0xffff;
    this.proto = key == null ? 0 : (int) (key.words()[NW - ODP] >>> 32) & 0xff;
  }

  static String format(
      OdpActions a, @Nullable OdpKey key, OdpText.PortNamer ports, OdpText.Userdata userdata) {
    if (a.isEmpty()) {
      return "drop";
    }
    OdpActionsText t = new OdpActionsText(key, ports);
    for (int i = 0; i < a.size(); i++) {
      t.action(a, i, userdata);
    }
    t.flush();
    return t.sb.toString();
  }

  private StringBuilder next() {
    flush();
    return sb.length() == 0 ? sb : sb.append(',');
  }

  private void action(OdpActions a, int i, OdpText.Userdata userdata) {
    int arg = a.arg(i);
    OdpActionKind kind = a.kind(i);
    switch (kind) {
      case OUTPUT -> next().append(ports.name(arg));
      case USERSPACE -> {
        next().append(USERSPACE).append(',');
        userdata.format(sb, UpcallKind.of(arg), a.value(i), a.mask(i), a.extra(i));
        sb.append(')');
      }
      case SET -> set(a.word(i), a.value(i), a.mask(i));
      case PUSH_VLAN -> {
        next().append("push_vlan(");
        int tpid = arg >>> 16;
        if (tpid != EthType.VLAN) {
          OdpNumbers.hex4(sb.append("tpid="), tpid).append(',');
        }
        OdpKeyText.tci(sb, arg & 0xffff | VLAN_PRESENT, 0xffff, false);
        sb.append(')');
      }
      case POP_VLAN -> next().append("pop_vlan");
      case TRUNC -> next().append("trunc(").append(arg & 0xffffffffL).append(')');
      case DROP -> next().append("drop");
      case RECIRC -> hex(next().append("recirc("), arg & 0xffffffffL).append(')');
      case METER -> next().append("meter(").append(arg & 0xffffffffL).append(')');
      case CT_CLEAR -> next().append("ct_clear");
      case POP_ETH -> next().append("pop_eth");
      case POP_NSH -> next().append("pop_nsh()");
      case HASH,
          PUSH_MPLS,
          POP_MPLS,
          PUSH_PBB,
          POP_PBB,
          CLONE,
          SAMPLE,
          CT,
          SET_TUNNEL,
          CHECK_PKT_LEN,
          PUSH_NSH,
          PUSH_ETH -> {
        // Their columns and their text come with the features that bring them.
        next().append(kind.name().toLowerCase(Locale.ROOT)).append('(');
        hex(sb, arg & 0xffffffffL).append(')');
      }
    }
  }

  private void set(int word, long v, long m) {
    long rest = m;
    for (OdpAttr attr : attrsOf(ODP + word)) {
      long bits = 0;
      for (OdpAttr.Part p : attr.parts()) {
        if (p.isWide() && (p.word() == word || p.word() + 1 == word)) {
          bits = -1L;
        } else if (p.word() == word) {
          bits |= p.ones() << p.shift();
        }
      }
      if ((m & bits) != 0) {
        if (setAttr != attr) {
          flush();
          setAttr = attr;
        }
        value[word] = value[word] & ~(m & bits) | v & m & bits;
        mask[word] |= m & bits;
        rest &= ~bits;
      }
    }
    if (rest != 0) {
      special(word, v & rest, rest);
    }
  }

  /** Headers whose text is not a list of named parts; words without text are shown as they are. */
  private void special(int word, long v, long m) {
    next().append("set(");
    int flowWord = ODP + word;
    if (flowWord == VLANS && ((m & 0xffff0000ffff0000L) == 0)) {
      boolean inner = m >>> 32 == 0;
      int tciMask = (int) (inner ? m : m >>> 32) & 0xffff;
      int tci = (int) (inner ? v : v >>> 32) & 0xffff;
      sb.append(inner ? "encap(vlan(" : "vlan(");
      OdpKeyText.tci(sb, tci | VLAN_PRESENT, tciMask, false);
      sb.append(inner ? "))" : ")");
    } else if (flowWord == MPLS01 && (m & 0xffffffffL) == 0) {
      sb.append("mpls(");
      OdpKeyText.lse(sb, (int) (v >>> 32), (int) (m >>> 32), m >>> 32 == 0xffffffffL);
      sb.append(')');
    } else {
      hex(hex(sb.append("word").append(word).append('('), v).append('/'), m).append(')');
    }
    sb.append(')');
  }

  private void flush() {
    OdpAttr a = setAttr;
    if (a != null) {
      setAttr = null;
      sb.append(sb.length() == 0 ? "" : ",").append("set(");
      OdpKeyText.attr(sb, a, value, mask, ports, false);
      sb.append(')');
      Arrays.fill(value, 0);
      Arrays.fill(mask, 0);
    }
  }

  /** The sections that a word can be part of in a packet of this flow, in order of preference. */
  private List<OdpAttr> attrsOf(int flowWord) {
    boolean arp = ethType == EthType.ARP || ethType == EthType.RARP;
    return switch (flowWord) {
      case PORT_RECIRC -> List.of(OdpAttr.RECIRC_ID, OdpAttr.IN_PORT);
      case ETH_DST_TYPE, ETH_SRC -> List.of(OdpAttr.ETH);
      case NW -> List.of(arp ? OdpAttr.ARP : ethType == EthType.IPV6 ? OdpAttr.IPV6 : OdpAttr.IPV4);
      case IPV4 -> List.of(arp ? OdpAttr.ARP : OdpAttr.IPV4);
      case IPV6_SRC, IPV6_SRC + 1, IPV6_DST, IPV6_DST + 1 -> List.of(OdpAttr.IPV6);
      case TP ->
          switch (proto) {
            case IpProto.UDP -> List.of(OdpAttr.UDP);
            case IpProto.SCTP -> List.of(OdpAttr.SCTP);
            case IpProto.ICMP -> List.of(OdpAttr.ICMP);
            case IpProto.ICMPV6 -> List.of(OdpAttr.ICMPV6, OdpAttr.ND_EXT);
            default -> List.of(OdpAttr.TCP);
          };
      case ARP_SHA, ARP_THA -> List.of(proto == IpProto.ICMPV6 ? OdpAttr.ND : OdpAttr.ARP);
      case ND_TARGET, ND_TARGET + 1 -> List.of(OdpAttr.ND);
      case ND_IGMP -> List.of(OdpAttr.ND_EXT);
      case PBB, PBB_C_DST, PBB_C_SRC -> List.of(OdpAttr.PBB);
      case SKB -> List.of(OdpAttr.SKB_PRIORITY, OdpAttr.SKB_MARK);
      case TYPE_HASH -> List.of(OdpAttr.DP_HASH);
      case CT -> List.of(OdpAttr.CT_MARK);
      case CT_LABEL, CT_LABEL + 1 -> List.of(OdpAttr.CT_LABEL);
      default -> List.of();
    };
  }

  // Parsing

  static void parse(
      String text, OdpActions actions, OdpText.PortResolver ports, OdpText.Userdata userdata)
      throws OdpSyntaxException {
    for (String s : OdpScanner.split(text)) {
      OdpScanner.Item item = OdpScanner.item(s);
      String body = item.bodyOrEmpty();
      switch (item.name()) {
        case "drop" -> {
          if (OdpScanner.split(text).size() != 1) {
            actions.drop();
          }
        }
        case "pop_vlan" -> actions.popVlan();
        case "push_vlan" -> parsePushVlan(body, actions);
        case "trunc" -> actions.trunc((int) number(s, body));
        case "recirc" ->
            actions.addRaw(
                (long) OdpActionKind.RECIRC.code() << 48 | number(s, body) & 0xffffffffL, 0, 0, 0);
        case "userspace" -> {
          if (!s.startsWith(USERSPACE)) {
            throw new OdpSyntaxException(s + " does not begin with " + USERSPACE);
          }
          userdata.parse(body.substring(body.indexOf(',') + 1), actions);
        }
        case "set" -> parseSet(body, actions, ports);
        default -> {
          long[] n = OdpNumbers.parse(s);
          int port = n != null ? (int) n[0] : ports.number(s);
          if (port < 0 || item.body() != null) {
            throw new OdpSyntaxException(s + " is neither an action nor a port");
          }
          actions.output(port);
        }
      }
    }
  }

  private static long number(String item, String body) throws OdpSyntaxException {
    long[] n = OdpNumbers.parse(body);
    if (n == null || n[0] < 0 || n[0] > 0xffffffffL) {
      throw new OdpSyntaxException(item + " needs a number");
    }
    return n[0];
  }

  private static void parsePushVlan(String body, OdpActions actions) throws OdpSyntaxException {
    int tpid = EthType.VLAN;
    String rest = body;
    if (body.startsWith("tpid=")) {
      int comma = body.indexOf(',');
      long[] n = comma < 0 ? null : OdpNumbers.parse(body.substring(5, comma));
      if (n == null || n[0] > 0xffff) {
        throw new OdpSyntaxException("push_vlan(" + body + ")");
      }
      tpid = (int) n[0];
      rest = body.substring(comma + 1);
    }
    actions.pushVlan(tpid, (int) OdpKeyParser.tci(rest)[0]);
  }

  private static void parseSet(String body, OdpActions actions, OdpText.PortResolver ports)
      throws OdpSyntaxException {
    OdpScanner.Item item = OdpScanner.item(body);
    String inner = item.body();
    if (inner == null) {
      throw new OdpSyntaxException("set(" + body + ")");
    }
    long[] v = new long[ODP_WORDS];
    long[] m = new long[ODP_WORDS];
    if (item.name().equals("mpls")) {
      OdpKeyParser.mpls(inner, v, m);
    } else if (item.name().equals("vlan") || item.name().equals("encap")) {
      boolean encap = item.name().equals("encap");
      long[] tci = OdpKeyParser.tci(encap ? OdpScanner.item(inner).bodyOrEmpty() : inner);
      v[VLANS - ODP] = tci[0] << (encap ? 0 : 32);
      m[VLANS - ODP] = (tci[1] & ~VLAN_PRESENT) << (encap ? 0 : 32);
    } else if (item.name().startsWith("word")) {
      int slash = inner.indexOf('/');
      int word = (int) number(body, item.name().substring(4));
      if (slash < 0 || word >= ODP_WORDS) {
        throw new OdpSyntaxException("set(" + body + ")");
      }
      long[] value = OdpNumbers.parse(inner.substring(0, slash));
      long[] ones = OdpNumbers.parse(inner.substring(slash + 1));
      if (value == null || ones == null) {
        throw new OdpSyntaxException("set(" + body + ")");
      }
      v[word] = value[0];
      m[word] = ones[0];
    } else {
      OdpKeyParser.attr(item.name(), inner, v, m, ports);
    }
    for (int k = 0; k < ODP_WORDS; k++) {
      if (m[k] != 0) {
        actions.set(k, v[k], m[k]);
      }
    }
  }
}
