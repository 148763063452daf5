// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import static org.beeswitch.flow.FlowLayout.NW;
import static org.beeswitch.flow.FlowLayout.PORT_RECIRC;
import static org.beeswitch.flow.FlowLayout.TP;

import org.beeswitch.dpif.ActionExecutor;
import org.beeswitch.dpif.DropReason;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.flow.Csum;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.GsoSegmenter;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.PacketNetdev;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;

/**
 * One thread's way of dealing with packets: parse, find the flow, run its actions; and what that
 * needs to be kept from packet to packet. A packet loop has one, and so has each executor.
 *
 * <p>Everything here happens inside the thread's {@link GracePeriod} section. Belongs to one
 * thread; makes no garbage.
 */
final class Forwarder implements ActionExecutor.Sink {
  /** Bytes of an Ethernet header; an MTU does not count them, nor one VLAN tag. */
  private static final int ETH_HEADER = 14;

  private static final int TCP_HEADER = 20;

  /** A packet socket says it of a device that is gone. */
  private static final int ENXIO = 6;

  private static final int UDP_HEADER = 8;

  private final FlowTable flows;
  private final PortTable ports;
  private final UpcallQueues upcalls;
  private final Counters counters;
  private final FlowCache cache;

  private final Flow flow = new Flow();
  private final Layers layers = new Layers();
  private final OdpKey metadata = new OdpKey();
  private final ActionExecutor executor = new ActionExecutor();
  private final Packet copy = new Packet(2_048);
  private final GsoSegmenter segmenter = new GsoSegmenter();
  private final Packet segment = new Packet(2_048);

  /** Errno of the first output of a run that failed; 0 if none did. */
  private int error;

  Forwarder(
      FlowTable flows, PortTable ports, UpcallQueues upcalls, Counters counters, FlowCache cache) {
    this.flows = flows;
    this.ports = ports;
    this.upcalls = upcalls;
    this.counters = counters;
    this.cache = cache;
  }

  /** Forwards a packet that a port has received; may change it. */
  void received(Packet p, int inPort, long nowNs) {
    if (p.length() < ETH_HEADER) {
      drop(DropReason.RUNT, p);
      return;
    }
    long[] words = flow.words();
    words[PORT_RECIRC] = (long) inPort << 32;
    FlowParser.parse(p, flow, layers);
    int hash = cache.hash(words);
    NetdevFlow f = cache.find(words, hash);
    if (f != null) {
      counters.cacheHits.increment();
    } else {
      f = flows.lookup(words);
      if (f != null) {
        cache.insert(hash, f);
      }
    }
    metadata.clear(); // a packet from a port comes with no marks
    metadata.words()[0] = words[PORT_RECIRC];
    if (f == null) {
      miss(p);
      return;
    }
    counters.hits.increment();
    f.count(p.length(), tcpFlags(words), nowNs);
    executor.run(p, metadata, f.actions, this);
  }

  /** Runs actions on a packet from above. Returns 0 or a negative errno. */
  int execute(Packet p, OdpKey with, OdpActions actions) {
    error = 0;
    if (p.length() < ETH_HEADER) {
      drop(DropReason.RUNT, p);
      return -Errno.EINVAL;
    }
    metadata.copyFrom(with);
    executor.run(p, metadata, actions, this);
    return error;
  }

  private void miss(Packet p) {
    counters.misses.increment();
    if (!send(UpcallKind.MISS, p, metadata, 0, 0, 0)) {
      counters.lost.increment();
    }
  }

  private static int tcpFlags(long[] words) {
    return (words[NW] >>> 32 & 0xff) == IpProto.TCP ? (int) (words[TP] >>> 16) & 0xfff : 0;
  }

  @Override
  public void upcall(UpcallKind kind, Packet p, OdpKey with, long c0, long c1, long c2) {
    send(kind, p, with, c0, c1, c2);
  }

  private boolean send(UpcallKind kind, Packet p, OdpKey with, long c0, long c1, long c2) {
    if (upcalls.push(kind, p, with, c0, c1, c2)) {
      return true;
    }
    drop(upcalls.hasHandlers() ? DropReason.UPCALL_LIMIT : DropReason.UPCALL_NO_HANDLER, p);
    return false;
  }

  @Override
  public void drop(DropReason reason, Packet p) {
    counters.drop(reason);
    if (error == 0) {
      error = errnoOf(reason);
    }
  }

  /** What {@link org.beeswitch.dpif.Dpif#execute} answers. */
  private static int errnoOf(DropReason reason) {
    return switch (reason) {
      case ACTION -> 0; // as asked
      case OUTPUT_NO_PORT -> -Errno.ENODEV;
      case OUTPUT_MTU, OUTPUT_GSO, TOO_LONG -> -Errno.EMSGSIZE;
      case BAD_ACTION -> -Errno.EOPNOTSUPP;
      case RUNT, ACTION_FAILED -> -Errno.EINVAL;
      default -> -Errno.ENOBUFS;
    };
  }

  @Override
  public void output(int odpPortNo, Packet p) {
    NetdevPort port = ports.get(odpPortNo);
    PacketNetdev device = port == null ? null : port.device();
    if (port == null || device == null) {
      drop(DropReason.OUTPUT_NO_PORT, p);
    } else if (isTooLong(port, p)) {
      drop(DropReason.OUTPUT_MTU, p);
    } else if (p.gsoType != Packet.GSO_NONE && !port.takesOffloads()) {
      segment(port, device, p);
    } else {
      transmit(port, device, p);
    }
  }

  /** What cannot be cut comes out whole, and is dropped for that. */
  private void segment(NetdevPort port, PacketNetdev device, Packet p) {
    counters.segmented.increment();
    segmenter.begin(p);
    while (segmenter.next(segment)) {
      if (isTooLong(port, segment)) {
        drop(DropReason.OUTPUT_GSO, p);
      } else {
        transmit(port, device, segment);
      }
    }
  }

  private void transmit(NetdevPort port, PacketNetdev device, Packet p) {
    Packet out = p;
    if (p.csumStart >= 0 && !port.takesOffloads()) {
      copy.copyFrom(p);
      Csum.complete(copy);
      counters.csumCompleted.increment();
      out = copy;
    }
    switch (-device.send(out)) {
      case 0 -> {}
      case Errno.ENODEV, ENXIO -> drop(DropReason.OUTPUT_NO_PORT, p);
      case Errno.EMSGSIZE -> drop(DropReason.OUTPUT_MTU, p);
      default -> drop(DropReason.OUTPUT_TX, p);
    }
  }

  private static boolean isTooLong(NetdevPort port, Packet p) {
    return longestSegment(p) > port.mtu() + ETH_HEADER + tagLength(p);
  }

  /** Length of the frame, or of the longest that a GSO packet stands for. */
  private static int longestSegment(Packet p) {
    int length = p.length();
    int l4 = p.csumStart;
    if (p.gsoType == Packet.GSO_NONE || l4 < 0) {
      return length;
    }
    int headers = l4 + UDP_HEADER;
    int type = p.gsoType & ~Packet.GSO_ECN;
    if (type == Packet.GSO_TCPV4 || type == Packet.GSO_TCPV6) {
      if (l4 + TCP_HEADER > length) {
        return length;
      }
      headers = l4 + (p.data()[p.offset() + l4 + 12] >> 4 & 15) * 4;
    }
    return Math.min(length, headers + p.gsoSize);
  }

  /** One tag is no part of what an MTU limits (Linux {@code is_skb_forwardable}). */
  private static int tagLength(Packet p) {
    byte[] b = p.data();
    int at = p.offset() + 12;
    int type = (b[at] & 0xff) << 8 | b[at + 1] & 0xff;
    return EthType.isVlan(type) ? 4 : 0;
  }
}
