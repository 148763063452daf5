// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

/**
 * Cuts a GSO packet into the segments it stands for, as the kernel or the hardware would ({@code
 * tcp_gso_segment}, {@code __udp_gso_segment}): for outputs that take no GSO, and for controllers.
 *
 * <pre>
 *   segmenter.begin(packet);
 *   while (segmenter.next(segment)) { ... }
 * </pre>
 *
 * <p>Segments have complete checksums. A packet that is no GSO packet comes out as it is, once,
 * with its checksum completed; so does one whose headers do not say where to cut (UDP fragmentation
 * offload, {@link Packet#GSO_UDP}, which no current kernel sends, and types yet unknown).
 *
 * <p>TCP: sequence numbers go on; FIN and PSH are in the last segment only, CWR in the first only;
 * IPv4 identifications go up by one. UDP: each segment is a datagram. No garbage; one per thread.
 * The packet must stay as it is until the last segment.
 */
public final class GsoSegmenter {
  private static final int TCP_FIN_PSH = 0x09;
  private static final int TCP_CWR = 0x80;

  private final Flow flow = new Flow();
  private final Layers layers = new Layers();
  private Packet packet = new Packet(0);

  /** Bytes of headers that each segment repeats; 0 if the packet is not cut. */
  private int headers;

  /** Distance of the next segment's payload from the first one's; -1 when all are out. */
  private int done;

  private int payload;
  private boolean isTcp;
  private boolean isIpv4;
  private boolean hasCsum;

  public void begin(Packet p) {
    packet = p;
    headers = 0;
    done = 0;
    int type = p.gsoType & ~Packet.GSO_ECN;
    if (type == Packet.GSO_NONE || type == Packet.GSO_UDP || p.gsoSize <= 0) {
      return;
    }
    FlowParser.parse(p, flow, layers);
    int proto = (int) flow.get(Field.IP_PROTO);
    isTcp = proto == IpProto.TCP && (type == Packet.GSO_TCPV4 || type == Packet.GSO_TCPV6);
    boolean isUdp = proto == IpProto.UDP && type == Packet.GSO_UDP_L4;
    int size = layers.end - layers.l4;
    if (layers.l4 < 0
        || !isTcp && !isUdp
        || flow.get(Field.IP_FRAG) != 0
        || size < (isTcp ? FlowParser.TCP_LEN : FlowParser.UDP_LEN)) {
      return;
    }
    isIpv4 = flow.get(Field.ETH_TYPE) == EthType.IPV4;
    int l4 = p.offset() + layers.l4;
    int l4Header = isTcp ? (p.data()[l4 + 12] >>> 4 & 15) * 4 : FlowParser.UDP_LEN;
    if (l4Header < FlowParser.UDP_LEN || l4Header > size) {
      return;
    }
    hasCsum = isTcp || p.csumStart >= 0 || Be.get16(p.data(), l4 + 6) != 0;
    headers = layers.l4 + l4Header;
    payload = layers.end - headers;
  }

  /**
   * Makes {@code segment} the next one.
   *
   * @return false if there are no more
   */
  public boolean next(Packet segment) {
    if (done < 0) {
      return false;
    }
    if (headers == 0 || payload <= packet.gsoSize) {
      done = -1;
      segment.copyFrom(packet);
      Csum.complete(segment);
      segment.gsoType = Packet.GSO_NONE;
      segment.gsoSize = 0;
      return true;
    }
    int from = done;
    int n = Math.min(packet.gsoSize, payload - from);
    boolean last = from + n == payload;
    done = last ? -1 : from + n;

    segment.reset(headers + n);
    byte[] b = segment.data();
    int at = segment.offset();
    System.arraycopy(packet.data(), packet.offset(), b, at, headers);
    System.arraycopy(packet.data(), packet.offset() + headers + from, b, at + headers, n);
    int l3 = at + layers.l3;
    int l4 = at + layers.l4;
    int l4Length = headers - layers.l4 + n;
    int proto = isTcp ? IpProto.TCP : IpProto.UDP;
    long sum;
    if (isIpv4) {
      Be.put16(b, l3 + 2, l4 - l3 + l4Length);
      Be.put16(b, l3 + 4, Be.get16(b, l3 + 4) + from / packet.gsoSize);
      Be.put16(b, l3 + 10, 0);
      Be.put16(b, l3 + 10, Csum.of(b, l3, l4 - l3));
      sum = Csum.pseudo4(b, l3, proto, l4Length);
    } else {
      Be.put16(b, l3 + 4, l4 - l3 - FlowParser.IPV6_LEN + l4Length);
      sum = Csum.pseudo6(b, l3, proto, l4Length);
    }
    if (isTcp) {
      Be.put32(b, l4 + 4, Be.get32(b, l4 + 4) + from);
      b[l4 + 13] &= (byte) ~((last ? 0 : TCP_FIN_PSH) | (from == 0 ? 0 : TCP_CWR));
    } else {
      Be.put16(b, l4 + 4, l4Length);
    }
    if (hasCsum) {
      int field = l4 + (isTcp ? 16 : 6);
      Be.put16(b, field, 0);
      int csum = Csum.finish(Csum.add(sum, b, l4, l4Length));
      Be.put16(b, field, csum == 0 && !isTcp ? 0xffff : csum);
    }
    return true;
  }
}
