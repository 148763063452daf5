// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.map;

/**
 * The numbers of {@code bpf-src/include/beeswitch_abi.h} that Java uses: offsets, sizes, counts. A
 * test compares each with the BTF of the built object: a constant named {@code X_FIELD} in the
 * class of a struct is {@code offsetof(field)}, {@code SIZE} its size.
 */
public final class Abi {
  private Abi() {}

  public static final int CACHE_LINES = 16384;
  public static final int CACHE_WAYS = 8;
  public static final int PORTS = 4096;
  public static final int IFINDEX_SLOTS = 16384;
  public static final int MASKS = 1024;
  public static final int HANDLERS = 64;
  public static final int EXECS = 64;
  public static final int COUNTERS = 96;
  public static final int FLOW_CHUNK_BITS = 12;
  public static final int FLOW_CHUNKS = 128;
  public static final int FLOW_WORDS = 8;
  public static final int FLOW_SLOT_WORDS = 16;
  public static final int ACTION_CHUNK_BITS = 13;
  public static final int ACTION_CHUNKS = 64;

  public static final int NOTES = 4096;
  public static final int NOTE_NAME = 32;

  /**
   * What Java alone knows of the state in the maps (how chunks are shared out, names of notes):
   * another number is another ABI, and a process does not take over what it would misread.
   */
  public static final int STATE_VERSION = 1;

  /** Most actions in a list that the kernel runs; a longer one is a slow-path flow's. */
  public static final int MAX_ACTIONS = 64;

  public static final long ACTS_SINGLE = 1L << 48;
  public static final long ACTS_LIGHT = 1L << 49;

  /** Most SETs in a light list. */
  public static final int LIGHT_SETS = 5;

  /** {@code struct dp_config}. */
  public static final class Config {
    private Config() {}

    public static final int SIZE = 32;
    public static final int SEED = 0;
  }

  /** {@code struct odp_action}. */
  public static final class Action {
    private Action() {}

    public static final int SIZE = 32;
    public static final int KIND = 0;
    public static final int WORD = 2;
    public static final int ARG = 4;
    public static final int VALUE = 8;
    public static final int MASK = 16;
    public static final int EXTRA = 24;
  }

  /** {@code struct dp_flow}. */
  public static final class Flow {
    private Flow() {}

    public static final int SIZE = 128;
    public static final int PACKETS = 0;
    public static final int BYTES = 8;
    public static final int USED = 16;
    public static final int ACTS = 24;
    public static final int STATE = 32;
    public static final int MASK = 36;
    public static final int TCP_FLAGS = 40;
    public static final int TABLE = 44;
    public static final int KEY = 64;

    // enum dp_flow_state
    public static final int FREE = 0;
    public static final int LIVE = 1;
    public static final int UNLINKED = 2;
  }

  /** {@code struct dp_mask}. */
  public static final class Mask {
    private Mask() {}

    public static final int SIZE = 896;
    public static final int N_WORDS = 0;
    public static final int TABLE = 4;
    public static final int HITS = 8;
    public static final int OFF = 16;
    public static final int MASK = 32;
    public static final int EXT_OFF = 128;
    public static final int EXT_MASK = 272;
  }

  /** {@code struct dp_mask_order}. */
  public static final class MaskOrder {
    private MaskOrder() {}

    public static final int SIZE = 8;
    public static final int MASK = 0;
    public static final int KINDS = 4;
  }

  /** {@code enum dp_kind}. */
  public static final class Kind {
    private Kind() {}

    public static final int OTHER = 1;
    public static final int ARP = 1 << 1;
    public static final int IPV4_OTHER = 1 << 2;
    public static final int IPV6_OTHER = 1 << 6;
    public static final int IPV4 = 0xf << 2;
    public static final int IPV6 = 0xf << 6;
    public static final int ALL = (1 << 10) - 1;
  }

  /** {@code struct dp_port}. */
  public static final class Port {
    private Port() {}

    public static final int SIZE = 128;
    public static final int IFINDEX = 0;
    public static final int MAX_LEN = 4;
    public static final int HANDLER = 8;
    public static final int KIND = 12;
    public static final int NAME = 16;
    public static final int HOST_IFINDEX = 32;
    public static final int LIMIT = 64;
    public static final int PRODUCED = 80;
    public static final int CONSUMED = 96;
    public static final int REFUSED = 112;

    // enum dp_port_kind
    public static final int NONE = 0;
    public static final int SYSTEM = 1;
    public static final int INTERNAL = 2;
  }

  /** {@code struct dp_ifindex}. */
  public static final class Ifindex {
    private Ifindex() {}

    public static final int SIZE = 8;
    public static final int IFINDEX = 0;
    public static final int PORT = 4;
  }

  /** {@code struct dp_handler}. */
  public static final class Handler {
    private Handler() {}

    public static final int SIZE = 64;
    public static final int ASLEEP = 0;
  }

  /** {@code struct dp_upcall}. */
  public static final class Upcall {
    private Upcall() {}

    public static final int SIZE = 128;
    public static final int LEN = 0;
    public static final int KIND = 4;
    public static final int FLAGS = 8;
    public static final int PORT = 12;
    public static final int PORT_RECIRC = 16;
    public static final int SKB = 24;
    public static final int TYPE_HASH = 32;
    public static final int COOKIE = 40;
    public static final int CSUM_START = 64;
    public static final int CSUM_OFF = 66;
    public static final int GSO_SIZE = 68;
    public static final int GSO_SEGS = 70;
    public static final int GSO_TYPE = 72;
    public static final int VLAN_TPID = 76;
    public static final int VLAN_TCI = 78;

    public static final int PARTIAL = 1;
    public static final int CSUM_NOT_INET = 2;
    public static final int TAG = 4;
  }

  /** {@code struct dp_exec}. */
  public static final class Exec {
    private Exec() {}

    public static final int SIZE = 128;
    public static final int ACTS = 0;
    public static final int PORT_RECIRC = 8;
    public static final int SKB = 16;
    public static final int TYPE_HASH = 24;
  }

  /** {@code enum dp_counter}. */
  public static final class Counter {
    private Counter() {}

    public static final int MISSED = 0;
    public static final int LOST = 1;
    public static final int CACHE_MISS = 2;
    public static final int MASKS_WALKED = 3;
    public static final int STALE = 4;
    public static final int UPCALL_MISS = 5;
    public static final int UPCALL_SLOW_PATH = 6;
    public static final int UPCALL_CONTROLLER = 7;
    public static final int PULLED = 8;
    public static final int JIFFIES = 9;
    public static final int DROPS = 32;
  }
}
