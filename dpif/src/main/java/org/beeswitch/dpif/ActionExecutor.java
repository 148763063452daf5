// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

import static org.beeswitch.flow.FlowLayout.ODP;

import org.beeswitch.flow.Csum;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketEditor;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;

/**
 * Runs a list of datapath actions on a packet in user space: for dpif-netdev's forwarding, and for
 * the slow path of every datapath (OVS {@code lib/odp-execute.c}).
 *
 * <p><b>One packet, many outputs.</b> The packet is edited where it is. What an earlier output sent
 * is not touched by later actions, because a {@link Sink} has done with the packet when it returns:
 * it sends, or copies. That is one copy per output that needs one, and none to be undone.
 *
 * <p><b>Every packet ends somewhere.</b> For each run the sink is called at least once: a list that
 * sends the packet nowhere is a drop, and an action that cannot be carried out drops the packet
 * with a reason and ends the list. SET and POP_VLAN ignore headers that a packet does not have, as
 * OVS does.
 *
 * <p>Belongs to one thread; makes no garbage.
 */
public final class ActionExecutor {
  /** Where a packet goes. The packet is lent for the call: not to be kept, not to be changed. */
  public interface Sink {
    void output(int odpPortNo, Packet packet);

    /** A USERSPACE action; {@code metadata} as in {@link Upcall#metadata}. */
    void upcall(
        UpcallKind kind, Packet packet, OdpKey metadata, long cookie0, long cookie1, long cookie2);

    void drop(DropReason reason, Packet packet);
  }

  /** Bytes of a VLAN tag. */
  private static final int VLAN_TAG = 4;

  private final PacketEditor editor = new PacketEditor();
  private final Packet cut = new Packet(2_048);

  /**
   * Runs all actions.
   *
   * @param packet changed by SET, PUSH and POP actions
   * @param metadata what the packet came with; SET actions on metadata words change it
   */
  public void run(Packet packet, OdpKey metadata, OdpActions actions, Sink sink) {
    boolean sent = false;
    boolean editing = false; // parsed only when something is to be changed
    int maxLength = Integer.MAX_VALUE;
    for (int i = 0; i < actions.size(); i++) {
      switch (actions.kind(i)) {
        case OUTPUT -> {
          sink.output(actions.arg(i), cutTo(maxLength, packet));
          maxLength = Integer.MAX_VALUE;
          sent = true;
        }
        case USERSPACE -> {
          sink.upcall(
              UpcallKind.of(actions.arg(i)),
              cutTo(maxLength, packet),
              metadata,
              actions.value(i),
              actions.mask(i),
              actions.extra(i));
          maxLength = Integer.MAX_VALUE;
          sent = true;
        }
        case SET -> {
          int word = actions.word(i);
          if (OdpKey.isMetadata(word)) {
            long mask = actions.mask(i);
            long[] w = metadata.words();
            w[word] = w[word] & ~mask | actions.value(i) & mask;
          } else {
            if (!editing) {
              editor.begin(packet);
              editing = true;
            }
            editor.set(ODP + word, actions.value(i), actions.mask(i));
          }
        }
        case PUSH_VLAN -> {
          if (packet.offset() < VLAN_TAG) {
            sink.drop(DropReason.ACTION_FAILED, packet);
            return;
          }
          if (!editing) {
            editor.begin(packet);
            editing = true;
          }
          int arg = actions.arg(i);
          editor.pushVlan(arg >>> 16, arg & 0xffff);
        }
        case POP_VLAN -> {
          if (!editing) {
            editor.begin(packet);
            editing = true;
          }
          editor.popVlan();
        }
        case TRUNC -> maxLength = actions.arg(i);
        case DROP -> {
          if (!sent) {
            sink.drop(DropReason.ACTION, packet);
          }
          return;
        }
        case RECIRC,
            HASH,
            METER,
            PUSH_MPLS,
            POP_MPLS,
            PUSH_PBB,
            POP_PBB,
            CLONE,
            SAMPLE,
            CT,
            CT_CLEAR,
            SET_TUNNEL,
            CHECK_PKT_LEN,
            PUSH_NSH,
            POP_NSH,
            PUSH_ETH,
            POP_ETH -> {
          sink.drop(DropReason.BAD_ACTION, packet);
          return;
        }
      }
    }
    if (!sent) {
      sink.drop(DropReason.ACTION, packet);
    }
  }

  /** Whether {@link #run} can run all of the list. */
  public static boolean supports(OdpActions actions) {
    for (int i = 0; i < actions.size(); i++) {
      boolean ok =
          switch (actions.kind(i)) {
            case OUTPUT, USERSPACE, SET, PUSH_VLAN, POP_VLAN, TRUNC, DROP -> true;
            default -> false;
          };
      if (!ok) {
        return false;
      }
    }
    return true;
  }

  /**
   * The packet, or a copy of its first {@code maxLength} bytes. A copy is cut has its checksum
   * completed over what the whole frame has, as it would be on the wire, and is one segment.
   */
  private Packet cutTo(int maxLength, Packet packet) {
    if (packet.length() <= maxLength) {
      return packet;
    }
    cut.copyFrom(packet);
    Csum.complete(cut);
    cut.gsoType = Packet.GSO_NONE;
    cut.gsoSize = 0;
    cut.truncate(maxLength);
    return cut;
  }
}
