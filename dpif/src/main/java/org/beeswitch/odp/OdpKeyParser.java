// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

import static org.beeswitch.flow.FlowLayout.*;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.beeswitch.flow.EthType;
import org.jspecify.annotations.Nullable;

/**
 * Reads one key, in the forms that {@link OdpKeyText} prints (OVS {@code odp_flow_from_string}).
 */
final class OdpKeyParser {
  private static final Map<String, OdpAttr> BY_NAME = new HashMap<>();

  static {
    for (OdpAttr a : OdpAttr.values()) {
      BY_NAME.put(a.text(), a);
    }
  }

  private final String text;
  private final long[] key;
  private final long[] mask;
  private final OdpText.PortResolver ports;

  /** VLAN tags read so far. */
  private int tags;

  OdpKeyParser(String text, OdpKey key, OdpKey mask, OdpText.PortResolver ports) {
    this.text = text;
    this.key = key.words();
    this.mask = mask.words();
    this.ports = ports;
    key.clear();
    mask.clear();
  }

  void parse() throws OdpSyntaxException {
    sections(text);
    if (tags < MAX_VLANS && (mask[ETH_DST_TYPE - ODP] & 0xffff) == 0xffff) {
      mask[VLANS - ODP] |= 0xffffL << 32 - 32 * tags; // no further tag, and that counts
    }
  }

  private void sections(String s) throws OdpSyntaxException {
    int typeOfTag = 0;
    List<String> items = OdpScanner.split(s);
    // Without either, a tag's EtherType is just what the frame goes on with.
    boolean isTagged =
        items.stream().anyMatch(i -> i.startsWith("vlan(") || i.startsWith("encap("));
    for (String itemText : items) {
      if (itemText.startsWith("ufid:")) {
        continue;
      }
      OdpScanner.Item item = OdpScanner.item(itemText);
      String body = item.body();
      if (body == null) {
        throw new OdpSyntaxException(itemText + " is no section of a datapath key");
      }
      switch (item.name()) {
        case "packet_type" -> packetType(body);
        case "eth_type" -> typeOfTag = etherType(body, typeOfTag, isTagged);
        case "vlan" -> vlan(body, typeOfTag);
        case "encap" -> {
          if (tags == 0) {
            throw new OdpSyntaxException("encap() without vlan() in: " + text);
          }
          sections(body);
        }
        case "mpls" -> mpls(body, key, mask);
        default -> attr(item.name(), body, key, mask, ports);
      }
    }
  }

  private static int shiftOfTag(int number) {
    return number == 1 ? 32 : number == 2 ? 0 : -1;
  }

  private void packetType(String body) throws OdpSyntaxException {
    if (!body.startsWith("ns=0") || !(body.endsWith("id=0") || body.endsWith("id=0x0"))) {
      throw new OdpSyntaxException("packet_type(" + body + "): only Ethernet, ns=0,id=0");
    }
  }

  /** An EtherType that is a tag's belongs to the {@code vlan} behind it. Returns it, or 0. */
  private int etherType(String body, int before, boolean isTagged) throws OdpSyntaxException {
    int slash = body.indexOf('/');
    long[] type = OdpNumbers.parse(slash < 0 ? body : body.substring(0, slash));
    long[] m = slash < 0 ? new long[] {0xffff} : OdpNumbers.parse(body.substring(slash + 1));
    if (type == null || m == null || type[0] > 0xffff || m[0] > 0xffff || before != 0) {
      throw new OdpSyntaxException("eth_type(" + body + ") is none");
    }
    if (isTagged && EthType.isVlan((int) type[0]) && tags < MAX_VLANS) {
      tags++;
      int shift = shiftOfTag(tags);
      key[VLANS - ODP] |= type[0] << shift + 16 | (long) VLAN_PRESENT << shift;
      mask[VLANS - ODP] |= m[0] << shift + 16;
      return (int) type[0];
    }
    long t = type[0] == 0 && slash >= 0 && m[0] != 0 ? EthType.NONE : type[0];
    key[ETH_DST_TYPE - ODP] |= t;
    mask[ETH_DST_TYPE - ODP] |= m[0];
    return 0;
  }

  private void vlan(String body, int tpid) throws OdpSyntaxException {
    if (tpid == 0) {
      throw new OdpSyntaxException("vlan(" + body + ") without the eth_type of a tag before it");
    }
    int shift = shiftOfTag(tags);
    long[] tci = tci(body);
    key[VLANS - ODP] = key[VLANS - ODP] & ~(0xffffL << shift) | tci[0] << shift;
    mask[VLANS - ODP] |= tci[1] << shift;
  }

  /** Reads {@code vid=1,pcp=2}: tci and mask, with the present bit unless {@code cfi=0}. */
  static long[] tci(String body) throws OdpSyntaxException {
    long tci = VLAN_PRESENT;
    long mask = VLAN_PRESENT;
    for (String item : OdpScanner.split(body)) {
      int eq = item.indexOf('=');
      String name = eq < 0 ? item : item.substring(0, eq);
      int slash = item.indexOf('/', eq + 1);
      long[] v = OdpNumbers.parse(item.substring(eq + 1, slash < 0 ? item.length() : slash));
      int shift = "vid".equals(name) ? 0 : "pcp".equals(name) ? 13 : "cfi".equals(name) ? 12 : -1;
      int ones = shift == 0 ? 0xfff : shift == 13 ? 7 : 1;
      long[] m = slash < 0 ? new long[] {ones} : OdpNumbers.parse(item.substring(slash + 1));
      if (shift < 0 || v == null || m == null || v[0] > ones || m[0] > ones) {
        throw new OdpSyntaxException("vlan(" + body + "): " + item);
      }
      tci = tci & ~((long) ones << shift) | v[0] << shift;
      mask = mask & ~((long) ones << shift) | m[0] << shift;
    }
    return new long[] {tci, mask};
  }

  /** Reads label stack entries into the MPLS words. */
  static void mpls(String body, long[] key, long[] mask) throws OdpSyntaxException {
    String[] names = {"label", "tc", "ttl", "bos"};
    int[] shifts = {12, 9, 0, 8};
    int[] ones = {0xfffff, 7, 0xff, 1};
    int n = -1;
    for (String item : OdpScanner.split(body)) {
      int eq = item.indexOf('=');
      int slash = item.indexOf('/', eq + 1);
      int f = -1;
      for (int i = 0; eq > 0 && i < names.length; i++) {
        f = names[i].equals(item.substring(0, eq)) ? i : f;
      }
      n += f == 0 ? 1 : 0;
      if (f < 0 || n < 0 || n >= MAX_MPLS) {
        throw new OdpSyntaxException("mpls(" + body + "): " + item);
      }
      long[] v = OdpNumbers.parse(item.substring(eq + 1, slash < 0 ? item.length() : slash));
      long[] m = null;
      if (slash < 0) {
        m = new long[] {ones[f]};
      } else {
        String hex = item.substring(slash + 1);
        m = OdpNumbers.parse(hex.startsWith("0x") ? hex : "0x" + hex);
      }
      if (v == null || m == null || v[0] > ones[f] || m[0] > ones[f]) {
        throw new OdpSyntaxException("mpls(" + body + "): " + item);
      }
      int word = (n == 2 ? MPLS2 : MPLS01) - ODP;
      int shift = shifts[f] + (n == 1 ? 0 : 32);
      key[word] |= v[0] << shift;
      mask[word] |= m[0] << shift;
    }
  }

  /** Reads a section of {@link OdpAttr} into key and mask. */
  static OdpAttr attr(String name, String body, long[] key, long[] mask, OdpText.PortResolver ports)
      throws OdpSyntaxException {
    OdpAttr a = BY_NAME.get(name);
    if (a == null) {
      throw new OdpSyntaxException(name + "() is no section of a datapath key");
    }
    if (a.isScalar()) {
      if (!OdpNumbers.parse(a.parts().get(0), body, key, mask, ports)) {
        throw new OdpSyntaxException(name + "(" + body + ") has a bad value");
      }
      return a;
    }
    for (String item : OdpScanner.split(body)) {
      int eq = item.indexOf('=');
      OdpAttr.Part p = eq < 0 ? null : part(a, item.substring(0, eq));
      if (p == null) {
        throw new OdpSyntaxException(name + "() has no part " + item);
      }
      if (!OdpNumbers.parse(p, item.substring(eq + 1), key, mask, ports)) {
        throw new OdpSyntaxException(name + "(" + item + ") has a bad value");
      }
    }
    return a;
  }

  private static OdpAttr.@Nullable Part part(OdpAttr a, String name) {
    for (OdpAttr.Part p : a.parts()) {
      if (p.name().equals(name)) {
        return p;
      }
    }
    return null;
  }
}
