// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.beeswitch.flow.FlowLayout.*;

/**
 * Rewrites the headers of a {@link Packet} and keeps its checksums right: what the datapath actions
 * SET, PUSH_VLAN and POP_VLAN do to a packet in user space (OVS {@code lib/odp-execute.c}, {@code
 * lib/packets.c}, packet_set_*).
 *
 * <p><b>Use.</b> {@link #begin} parses the packet; then any number of changes; the editor keeps the
 * packet's flow and layers current between them. Fields are named as in a flow: a word of {@link
 * FlowLayout}, and value and mask of that word. Bits that name a header that the packet does not
 * have are ignored, as are fields that cannot be set (EtherTypes, IP protocol, fragment bits, TCP
 * flags).
 *
 * <p><b>The law.</b> A checksum that was right stays right, one that was wrong stays wrong, for the
 * headers' checksums are updated by what changed (RFC 1624), never computed anew.
 *
 * <ul>
 *   <li>A partial L4 checksum ({@link Packet#csumStart} at this packet's L4 header) covers only the
 *       pseudo-header so far: it follows addresses and nothing else.
 *   <li>A UDP checksum of zero means that there is none, and stays zero; one that comes out as zero
 *       is written 0xffff.
 *   <li>Later fragments have no L4 header. First fragments have one, and its checksum covers
 *       addresses and ports of the whole datagram: it follows them.
 *   <li>Behind a routing header with segments left, the IPv6 destination is not the one that the
 *       checksum covers.
 *   <li>A VLAN tag that changes loses its DEI bit, which flows do not have, as if it were popped
 *       and another one pushed: that is what OVS and the kernel do.
 * </ul>
 *
 * <p>No garbage; one editor per thread. MPLS labels and the PBB I-TAG can be set here; pushing and
 * popping them are to be methods beside {@link #pushVlan}.
 */
public final class PacketEditor {
  /** Where an L4 header keeps its checksum, from its first byte; -1: nowhere that we update. */
  private static final int TCP_CSUM = 16;

  private static final int UDP_CSUM = 6;
  private static final int ICMP_CSUM = 2;
  private static final int VLAN_TAG = 4;

  /** The ports in word {@link FlowLayout#TP}. */
  private static final long PORTS = 0xffffffffL << 32;

  private final Flow flow = new Flow();
  private final Layers layers = new Layers();
  private Packet packet = new Packet(0);

  /**
   * Outermost tags that were pushed onto a packet which had as many as a flow shows: the headers
   * behind them are known still, and can be set, though a parser would not get that far.
   */
  private int extraTags;

  /** Whether the packet has changed in ways that flow and layers do not show yet. */
  private boolean stale;

  /** Takes up a packet: its bytes must not be changed by others until the last edit. */
  public void begin(Packet p) {
    packet = p;
    extraTags = 0;
    parse();
  }

  private void parse() {
    int hidden = VLAN_TAG * extraTags;
    byte[] b = packet.data();
    int at = packet.offset();
    FlowParser.parse(b, at + hidden, packet.length() - hidden, flow, layers);
    if (hidden > 0) { // it has taken the tags for addresses
      long[] w = flow.words();
      w[ETH_DST_TYPE] = Be.get48(b, at) << 16 | w[ETH_DST_TYPE] & 0xffff;
      w[FlowLayout.ETH_SRC] = Be.get48(b, at + 6) << 16;
      w[VLANS] = Be.get64(b, at + 12) | (long) VLAN_PRESENT << 32 | VLAN_PRESENT;
      layers.ethTypeAt += hidden;
      layers.l25 += layers.l25 < 0 ? 0 : hidden;
      layers.l3 += layers.l3 < 0 ? 0 : hidden;
      layers.l4 += layers.l4 < 0 ? 0 : hidden;
      layers.end += hidden;
    }
    stale = false;
  }

  /**
   * Parses what changed. Ports stay as they were set: of a TCP header with a wrong length the
   * parser shows none, and the next set of the same word adds to this one, as in the kernel.
   */
  private void refresh() {
    if (!stale) {
      return;
    }
    boolean hadPorts = hasPorts();
    long ports = flow.words()[TP] & PORTS;
    parse();
    if (hadPorts && hasPorts()) {
      flow.words()[TP] = flow.words()[TP] & ~PORTS | ports;
    }
  }

  /** The packet words of the packet as it is now; the metadata words are meaningless. */
  public Flow flow() {
    refresh();
    return flow;
  }

  /** The headers' offsets as they are now. */
  public Layers layers() {
    refresh();
    return layers;
  }

  /**
   * Sets bits {@code mask} of word {@code word} of {@link FlowLayout} to those of {@code value}.
   *
   * @return whether the word is one of packet headers; for others (marks, conntrack, tunnel)
   *     nothing is done
   */
  public boolean set(int word, long value, long mask) {
    if (word < ETH_DST_TYPE || word > PBB_C_SRC) {
      return false;
    }
    refresh();
    long old = flow.words()[word];
    long now = old & ~mask | value & mask;
    if (old != now && layers.l3 >= 0) {
      setWord(word, old, now);
    }
    return true;
  }

  private void setWord(int word, long old, long now) {
    byte[] b = packet.data();
    int at = packet.offset();
    if (word <= FlowLayout.ETH_SRC) { // the two most common changes, without reading anew
      long type = word == ETH_DST_TYPE ? old & 0xffff : 0;
      Be.put48(b, word == ETH_DST_TYPE ? at : at + 6, now >>> 16);
      flow.words()[word] = now & ~0xffffL | type;
      return;
    }
    stale = true;
    switch (word) {
      case VLANS -> setVlans(b, at + 12, old, now);
      case NW -> setNw(b, at + layers.l3, now);
      case IPV4 -> setIpv4(b, at + layers.l3, old, now);
      case FlowLayout.IPV6_SRC, FlowLayout.IPV6_SRC + 1 ->
          setIpv6(b, at + layers.l3 + 8 + 8 * (word - FlowLayout.IPV6_SRC), old, now, true);
      case FlowLayout.IPV6_DST, FlowLayout.IPV6_DST + 1 ->
          setIpv6(
              b,
              at + layers.l3 + 24 + 8 * (word - FlowLayout.IPV6_DST),
              old,
              now,
              !isSourceRouted());
      case TP -> {
        setTp(b, at + layers.l4, old, now);
        flow.words()[TP] = now & PORTS | old & ~PORTS; // for refresh()
      }
      case FlowLayout.ARP_SHA -> setArpOrNdMac(8, 1, old, now);
      case FlowLayout.ARP_THA -> setArpOrNdMac(18, 2, old, now);
      case FlowLayout.ND_TARGET, FlowLayout.ND_TARGET + 1 -> {
        if (isNd() && l4Size() >= 24) {
          int half = at + layers.l4 + 8 + 8 * (word - FlowLayout.ND_TARGET);
          updateL4(b, foldOf(Be.get64(b, half)), foldOf(now), false);
          Be.put64(b, half, now);
        }
      }
      case ND_IGMP -> {
        if (isNd()) {
          Be.put32(b, at + layers.l4 + 4, now >>> 32);
          updateL4(b, old >>> 32, now >>> 32, false);
        }
      }
      case MPLS01, MPLS2 -> setMpls(b, at, word, now);
      case PBB, PBB_C_DST, PBB_C_SRC -> setPbb(b, at + layers.l25, word, now);
      default -> {}
    }
  }

  private void setVlans(byte[] b, int at, long old, long now) {
    for (int i = 0; i < layers.vlans; i++, at += 4) {
      int shift = 32 - 32 * i;
      if ((old >>> shift & 0xffffffffL) != (now >>> shift & 0xffffffffL)) {
        Be.put32(b, at, now >>> shift & ~(long) VLAN_PRESENT);
      }
    }
  }

  /** ToS and TTL of IPv4; traffic class, hop limit and label of IPv6; the operation of ARP. */
  private void setNw(byte[] b, int l3, long now) {
    switch (ethType()) {
      case EthType.IPV4 -> {
        if (layers.l4 < 0) {
          return;
        }
        int before = Be.get8(b, l3 + 1) | Be.get8(b, l3 + 8) << 8;
        int after = (int) (now >>> 48 & 0xff) | (int) (now >>> 40 & 0xff) << 8;
        if (before == after) {
          return; // The word has a label too: a wrong checksum of 0xffff must not become 0.
        }
        Be.put8(b, l3 + 1, after);
        Be.put8(b, l3 + 8, after >>> 8);
        Be.put16(b, l3 + 10, Csum.update(Be.get16(b, l3 + 10), before, after));
      }
      case EthType.IPV6 -> {
        if (layers.l4 < 0) {
          return;
        }
        Be.put32(b, l3, Be.get32(b, l3) & 0xf0000000L | (now >>> 48 & 0xff) << 20 | now & 0xfffff);
        Be.put8(b, l3 + 7, (int) (now >>> 40));
      }
      case EthType.ARP, EthType.RARP -> {
        if (!isArp()) {
          return;
        }
        Be.put16(b, l3 + 6, (int) (now >>> 32) & 0xff);
      }
      default -> {}
    }
  }

  private void setIpv4(byte[] b, int l3, long old, long now) {
    if (ethType() == EthType.IPV4 && layers.l4 >= 0) {
      Be.put64(b, l3 + 12, now);
      Be.put16(b, l3 + 10, Csum.update64(Be.get16(b, l3 + 10), old, now));
      updateL4(b, foldOf(old), foldOf(now), true);
    } else if (isArp()) {
      Be.put32(b, l3 + 14, now >>> 32);
      Be.put32(b, l3 + 24, now);
    }
  }

  private void setIpv6(byte[] b, int at, long old, long now, boolean isCovered) {
    if (ethType() != EthType.IPV6 || layers.l4 < 0) {
      return;
    }
    Be.put64(b, at, now);
    if (isCovered) {
      updateL4(b, foldOf(old), foldOf(now), true);
    }
  }

  /** Whether there is a whole TCP or UDP header. */
  private boolean hasPorts() {
    int least =
        switch (proto()) {
          case IpProto.TCP -> FlowParser.TCP_LEN;
          case IpProto.UDP -> FlowParser.UDP_LEN;
          default -> Integer.MAX_VALUE;
        };
    return layers.l4 >= 0 && !isLaterFragment() && l4Size() >= least;
  }

  /** Ports; ICMP type and code; the type of the first ND option. */
  private void setTp(byte[] b, int at, long old, long now) {
    if (isLaterFragment() || layers.l4 < 0) {
      return;
    }
    int size = l4Size();
    switch (proto()) {
      case IpProto.TCP, IpProto.UDP -> {
        if (size < (proto() == IpProto.TCP ? FlowParser.TCP_LEN : FlowParser.UDP_LEN)) {
          return;
        }
        Be.put32(b, at, now >>> 32);
        updateL4(b, old >>> 32, now >>> 32, false);
      }
      case IpProto.SCTP -> {
        if (size < FlowParser.SCTP_LEN) {
          return;
        }
        if (isPartial()) {
          Be.put32(b, at, now >>> 32);
        } else {
          int right = Csum.sctp(b, at, size);
          Be.put32(b, at, now >>> 32);
          int delta = right ^ Csum.sctp(b, at, size);
          Be.put32(b, at + 8, Be.get32(b, at + 8) ^ delta);
        }
      }
      case IpProto.ICMP, IpProto.ICMPV6 -> {
        if (size < FlowParser.ICMP_LEN) {
          return;
        }
        boolean nd = isNd();
        int before = Be.get16(b, at);
        int after = (int) (now >>> 40) & 0xff00 | (int) (now >>> 32) & 0xff;
        Be.put16(b, at, after);
        updateL4(b, before, after, false);
        if (nd && size >= 32 && (old >>> 16 & 0xffff) != (now >>> 16 & 0xffff)) {
          setNdOptionType(b, at + 24, (int) (now >>> 16) & 0xff);
        }
      }
      default -> {}
    }
  }

  private void setNdOptionType(byte[] b, int at, int type) {
    int before = Be.get16(b, at);
    Be.put8(b, at, type);
    updateL4(b, before, Be.get16(b, at), false);
  }

  /**
   * Sets a MAC of ARP, or that of the ND option which the flow's address is from: the one that has
   * it, for options with a zero address may precede it.
   */
  private void setArpOrNdMac(int arpOffset, int ndOption, long old, long now) {
    byte[] b = packet.data();
    if (isArp()) {
      Be.put48(b, packet.offset() + layers.l3 + arpOffset, now >>> 16);
    } else if (isNd()) {
      int at = packet.offset() + layers.l4 + 24;
      int end = packet.offset() + layers.end;
      for (int n = 0; n < FlowParser.MAX_ND_OPTS && end - at >= 8; n++) {
        int len = Be.get8(b, at + 1) * 8;
        if (len == 0 || len > end - at) {
          return;
        }
        if (len == 8 && Be.get8(b, at) == ndOption && Be.get48(b, at + 2) << 16 == old) {
          updateL4(b, foldOf(old), foldOf(now & ~0xffffL), false);
          Be.put48(b, at + 2, now >>> 16);
          return;
        }
        at += len;
      }
    }
  }

  private void setMpls(byte[] b, int at, int word, long now) {
    if (!EthType.isMpls(ethType())) {
      return;
    }
    int labels = (layers.l3 - layers.l25) / 4;
    int first = word == MPLS01 ? 0 : 2;
    for (int i = first; i < Math.min(first + 2, Math.min(labels, MAX_MPLS)); i++) {
      int shift = i == 1 ? 0 : 32;
      Be.put32(b, at + layers.l25 + 4 * i, now >>> shift);
    }
  }

  private void setPbb(byte[] b, int at, int word, long now) {
    if (ethType() != EthType.PBB || packet.offset() + packet.length() - at < FlowParser.PBB_LEN) {
      return;
    }
    switch (word) {
      case PBB -> {
        Be.put32(b, at, now >>> 32);
        Be.put16(b, at + 16, (int) (now >>> 16));
      }
      case PBB_C_DST -> Be.put48(b, at + 4, now >>> 16);
      default -> Be.put48(b, at + 10, now >>> 16);
    }
  }

  /** Puts a tag in front of the tags that are there; {@code tci}'s present bit is not looked at. */
  public void pushVlan(int tpid, int tci) {
    refresh();
    if (layers.l3 < 0) {
      return;
    }
    extraTags += layers.vlans == MAX_VLANS ? 1 : 0;
    packet.push(VLAN_TAG);
    byte[] b = packet.data();
    int at = packet.offset();
    System.arraycopy(b, at + VLAN_TAG, b, at, 12);
    Be.put16(b, at + 12, tpid);
    Be.put16(b, at + 14, tci & ~VLAN_PRESENT);
    stale = true;
  }

  /** Takes the outermost tag away, if there is one. */
  public void popVlan() {
    refresh();
    if (layers.vlans == 0) {
      return;
    }
    byte[] b = packet.data();
    int at = packet.offset();
    System.arraycopy(b, at, b, at + VLAN_TAG, 12);
    packet.push(-VLAN_TAG);
    extraTags -= extraTags == 0 ? 0 : 1;
    stale = true;
  }

  /**
   * Has the L4 checksum, if this packet has one that covers it, follow a change of something it
   * covers.
   *
   * @param isPseudo whether what changed is in the pseudo-header
   */
  private void updateL4(byte[] b, long old, long now, boolean isPseudo) {
    if (isLaterFragment() || layers.l4 < 0) {
      return;
    }
    int size = l4Size();
    int field;
    switch (proto()) {
      case IpProto.TCP -> field = size >= FlowParser.TCP_LEN ? TCP_CSUM : -1;
      case IpProto.UDP -> field = size >= FlowParser.UDP_LEN ? UDP_CSUM : -1;
      case IpProto.ICMPV6 -> field = size >= 4 ? ICMP_CSUM : -1;
      case IpProto.ICMP -> field = size >= 4 && !isPseudo ? ICMP_CSUM : -1;
      default -> field = -1;
    }
    if (field < 0 || proto() == IpProto.ICMPV6 && isPseudo && ethType() != EthType.IPV6) {
      return;
    }
    int at = packet.offset() + layers.l4 + field;
    int csum = Be.get16(b, at);
    if (isPartial()) {
      if (isPseudo) {
        Be.put16(b, at, ~Csum.update(~csum & 0xffff, old, now));
      }
      return;
    }
    if (proto() == IpProto.UDP && csum == 0) {
      return;
    }
    csum = Csum.update(csum, old, now);
    Be.put16(b, at, proto() == IpProto.UDP && csum == 0 ? 0xffff : csum);
  }

  private static long foldOf(long word) {
    return Csum.fold((word >>> 32) + (word & 0xffffffffL));
  }

  private boolean isPartial() {
    return packet.csumStart >= 0 && packet.csumStart == layers.l4;
  }

  private int ethType() {
    return (int) flow.words()[ETH_DST_TYPE] & 0xffff;
  }

  private int proto() {
    return (int) (flow.words()[NW] >>> 32) & 0xff;
  }

  private boolean isLaterFragment() {
    return (flow.words()[NW] >>> 56 & FRAG_LATER) != 0;
  }

  private int l4Size() {
    return layers.end - layers.l4;
  }

  /** Whether the packet is ARP as the parser takes it: Ethernet and IPv4 addresses. */
  private boolean isArp() {
    int type = ethType();
    int at = packet.offset() + layers.l3;
    return (type == EthType.ARP || type == EthType.RARP)
        && packet.length() - layers.l3 >= FlowParser.ARP_LEN
        && Be.get48(packet.data(), at) == 0x0001_0800_0604L;
  }

  private boolean isNd() {
    long[] w = flow.words();
    return layers.l4 >= 0
        && proto() == IpProto.ICMPV6
        && !isLaterFragment()
        && (w[TP] >>> 48 == 135 || w[TP] >>> 48 == 136)
        && (w[TP] >>> 32 & 0xffff) == 0;
  }

  /** Whether an IPv6 packet has a routing header with segments left. */
  private boolean isSourceRouted() {
    byte[] b = packet.data();
    int at = packet.offset() + layers.l3;
    int end = packet.offset() + layers.l4;
    if (layers.l4 < 0) {
      return false;
    }
    int proto = Be.get8(b, at + 6);
    at += FlowParser.IPV6_LEN;
    while (end - at >= 8 && FlowParser.isExtension(proto)) {
      if (proto == IpProto.ROUTING && b[at + 3] != 0) {
        return true;
      }
      int next = Be.get8(b, at);
      at += FlowParser.extensionLength(b, at, proto);
      proto = next;
    }
    return false;
  }
}
