// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

import java.util.Locale;

/**
 * Why a datapath dropped a packet: every packet that dies moves the counter of one of these, in C
 * and in Java alike.
 *
 * <p>Codes below {@link #FIRST_USERSPACE} are those of {@code enum dp_drop} in the ABI header, with
 * the names here behind {@code DP_DROP_}; codes from there on exist in user space only. A code is
 * never used again for another reason. {@link #text} is the counter's name in {@link
 * Dpif#coverage}.
 */
public enum DropReason {
  /** Per-CPU memory is missing, which cannot happen. */
  NO_SCRATCH(0),
  /** Came from a device that is no port. */
  NOT_A_PORT(1),
  /** The headers could not be made linear: no memory. */
  PULL(2),
  /** A program is missing. */
  TAIL_CALL(3),
  /** As asked: a DROP action, an empty list, or the end of a list without an output. */
  ACTION(4),
  /** An action of a kind that this datapath cannot run; its flow should be a slow-path flow. */
  BAD_ACTION(5),
  /** An action could not be carried out: no memory, no room for a tag, packet too short. */
  ACTION_FAILED(6),
  /** Output to a port that does not exist, or whose device is gone. */
  OUTPUT_NO_PORT(7),
  /** Longer than the output port's MTU, and no GSO packet whose segments fit. */
  OUTPUT_MTU(8),
  /** An output before the last one failed. */
  CLONE(9),
  /** The port's share of the upcalls of that kind is used up. */
  UPCALL_LIMIT(10),
  /** The handler's ring is full. */
  UPCALL_RING(11),
  /** The packet could not be copied up. */
  UPCALL_COPY(12),
  /** Sent up while nobody has said who handles upcalls. */
  UPCALL_NO_HANDLER(13),
  /** A frame on the execute device without a slot. */
  EXEC_SLOT(14),
  /** A frame longer than the datapath carries. */
  TOO_LONG(15),

  /** The output device refused it: its queue is full or it is down. */
  OUTPUT_TX(64),
  /** A GSO packet for a port that takes none, and that cannot be cut into what the port takes. */
  OUTPUT_GSO(65),
  /** Shorter than an Ethernet header. */
  RUNT(66);

  /** Codes from here on are not part of the ABI. */
  public static final int FIRST_USERSPACE = 64;

  /** The highest code in use. */
  public static final int MAX_CODE = 66;

  private final int code;
  private final String text;

  DropReason(int code) {
    this.code = code;
    this.text = "drop_" + name().toLowerCase(Locale.ROOT);
  }

  public int code() {
    return code;
  }

  /** Name of the counter. */
  public String text() {
    return text;
  }
}
