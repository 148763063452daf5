/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The ABI between the tc programs and Java (module dpif-bpf): every map's key and value.
 *
 * Problem.  Two languages share memory.  If one byte is understood differently, packets are not dropped but forwarded
 * slowly for ever, or counted on the wrong flow.  So: fixed-length structs only, padded by hand, no bit fields, no TLVs,
 * and each struct is laid out in sections whose offsets the next feature does not move.  Java has the same numbers once
 * (package org.beeswitch.dpif.bpf.map) and a test compares them with the BTF of the built object.
 *
 * Byte order.  Struct odp_key is in network order throughout: its word k is what FlowLayout calls word ODP + k, as eight
 * bytes in memory.  Everything else is in host order.  Host order is little-endian: the parser composes words in registers.
 *
 * Who writes.  Each field says so: "Java" or "BPF".  A field that BPF writes is changed by atomic adds or by single stores
 * of its whole size; a field that Java writes while packets flow is changed by one store of at most eight bytes.
 *
 * docs/bpf-abi.md has the maps, what happens when they are full, and the order in which Java must write.
 */
#ifndef BEESWITCH_ABI_H
#define BEESWITCH_ABI_H

#include <linux/types.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words are composed in little-endian registers"
#endif

/* ------------------------------------------------------------------ the key */

#define ODP_WORDS 80

/* Word indexes, as in org.beeswitch.flow.FlowLayout less ODP. */
enum odp_word {
	ODP_W_PORT_RECIRC = 0,
	ODP_W_ETH_DST_TYPE = 1,
	ODP_W_ETH_SRC = 2,
	ODP_W_VLANS = 3,
	ODP_W_NW = 4,
	ODP_W_IPV4 = 5,
	ODP_W_IPV6_SRC = 6,
	ODP_W_IPV6_DST = 8,
	ODP_W_TP = 10,
	ODP_W_ARP_SHA = 11,
	ODP_W_ARP_THA = 12,
	ODP_W_ND_TARGET = 13,
	ODP_W_ND_IGMP = 15,
	ODP_W_MPLS01 = 16,
	ODP_W_MPLS2 = 17,
	ODP_W_PBB = 18,
	ODP_W_PBB_C_DST = 19,
	ODP_W_PBB_C_SRC = 20,
	ODP_W_SKB = 21,
	ODP_W_TYPE_HASH = 22,
	ODP_W_CT = 23,
	ODP_W_NSH = 32,
	ODP_W_NSH_CONTEXT = 33,
	ODP_W_TUN_ID = 35,
};

struct odp_key {
	/* Where it came in (word 0). */
	__be32 in_port;
	__be32 recirc_id;
	/* Ethernet (1 - 3). */
	__u8 eth_dst[6];
	__be16 eth_type;
	__u8 eth_src[6];
	__u8 pad2[2];
	struct odp_vlan {
		__be16 tpid;
		__be16 tci; /* 0x1000: the tag is there */
	} vlan[2];	    /* outermost first */
	/* IPv4, IPv6, ARP (4 - 9). */
	__u8 nw_frag;
	__u8 nw_tos;
	__u8 nw_ttl;
	__u8 nw_proto;
	__be32 ipv6_label;
	__be32 ipv4_src;
	__be32 ipv4_dst;
	__u8 ipv6_src[16];
	__u8 ipv6_dst[16];
	/* L4 (10 - 15). */
	__be16 tp_src;
	__be16 tp_dst;
	__be16 tcp_flags;
	__be16 ipv6_exthdr;
	__u8 arp_sha[6];
	__u8 pad11[2];
	__u8 arp_tha[6];
	__u8 pad12[2];
	__u8 nd_target[16];
	__be32 nd_reserved;
	__be32 igmp_group;
	/* MPLS and PBB (16 - 20). */
	__be32 mpls_lse[3];
	__u8 pad17[4];
	__be32 pbb_tci;
	__be16 pbb_c_type;
	__u8 pad18[2];
	__u8 pbb_c_dst[6];
	__u8 pad19[2];
	__u8 pbb_c_src[6];
	__u8 pad20[2];
	/* What the kernel knows of the packet (21 - 22). */
	__be32 skb_mark;
	__be32 skb_priority;
	__be32 packet_type;
	__be32 dp_hash;
	/* Connection tracking (23 - 31); nothing writes it yet. */
	__u8 ct_state;
	__u8 ct_nw_proto;
	__be16 ct_zone;
	__be32 ct_mark;
	__u8 ct_label[16];
	__be32 ct_nw_src;
	__be32 ct_nw_dst;
	__u8 ct_ipv6_src[16];
	__u8 ct_ipv6_dst[16];
	__be16 ct_tp_src;
	__be16 ct_tp_dst;
	__u8 pad31[4];
	/* NSH (32 - 34). */
	__u8 nsh_flags;
	__u8 nsh_ttl;
	__u8 nsh_mdtype;
	__u8 nsh_np;
	__be32 nsh_path_hdr;
	__be32 nsh_context[4];
	/* Tunnel (35 - 74); nothing writes it yet. */
	__be64 tun_id;
	__be32 tun_src;
	__be32 tun_dst;
	__u8 tun_ipv6_src[16];
	__u8 tun_ipv6_dst[16];
	__be16 tun_flags;
	__u8 tun_tos;
	__u8 tun_ttl;
	__be16 tun_tp_src;
	__be16 tun_tp_dst;
	__be16 tun_gbp_id;
	__u8 tun_gbp_flags;
	__u8 tun_opts_len;
	__u8 pad42[4];
	__u8 tun_opts[256];
	/* Room (75 - 79). */
	__u8 pad75[40];
};

_Static_assert(sizeof(struct odp_key) == ODP_WORDS * 8, "a key is its words");

/* ------------------------------------------------------------------ actions */

/* As org.beeswitch.odp.OdpActionKind. */
enum odp_action_kind {
	ODP_ACT_OUTPUT = 1,
	ODP_ACT_USERSPACE = 2,
	ODP_ACT_SET = 3,
	ODP_ACT_PUSH_VLAN = 4,
	ODP_ACT_POP_VLAN = 5,
	ODP_ACT_TRUNC = 6,
	ODP_ACT_DROP = 7,
};

struct odp_action {
	__u16 kind;
	__u16 word; /* SET: key word */
	__u32 arg;
	__be64 value; /* SET: bits of the key word; USERSPACE: cookie */
	__be64 mask;
	__be64 extra;
};

/*
 * A list is a run of records in one chunk, known by one word so that it is replaced by one store.  With DP_ACTS_SINGLE the
 * list is one OUTPUT and 'start' is its port: most lists are, and these need not be read at all.
 */
#define DP_ACTS_START(a) ((__u32)(a))
#define DP_ACTS_COUNT(a) ((__u32)((a) >> 32) & 0xffff)
#define DP_ACTS_SINGLE (1ULL << 48)
/*
 * Up to DP_LIGHT_SETS SETs of Ethernet addresses and of the NW word's TOS and TTL, then one OUTPUT, the last: what a router
 * does.
 */
#define DP_ACTS_LIGHT (1ULL << 49)

#define DP_LIGHT_SETS 5
#define DP_MAX_ACTIONS 64 /* in one list; longer ones are slow-path flows */

#define DP_ACTION_CHUNK_BITS 13
#define DP_ACTION_CHUNK (1 << DP_ACTION_CHUNK_BITS)
#define DP_ACTION_CHUNKS 64

/* -------------------------------------------------------------------- flows */

#define DP_FLOW_CHUNK_BITS 12
#define DP_FLOW_CHUNK (1 << DP_FLOW_CHUNK_BITS)
#define DP_FLOW_CHUNKS 128

#define DP_FLOW_WORDS 8	      /* key words in the first slot of a flow */
#define DP_FLOW_SLOT_WORDS 16 /* in each further one */

enum dp_flow_state {
	DP_FLOW_FREE = 0,
	DP_FLOW_LIVE = 1,     /* only this one matches */
	DP_FLOW_UNLINKED = 2, /* deleted; programs may still be counting on it */
};

/*
 * One slot of 128 bytes: a line of header and counters, then the masked key's first words.  A flow whose mask has more
 * words goes on in the slots behind its own, in the same chunk, as struct dp_flow_ext.
 */
struct dp_flow {
	__u64 packets;	 /* BPF, atomic */
	__u64 bytes;	 /* BPF, atomic */
	__u64 used;	 /* BPF: jiffies of the last packet */
	__u64 acts;	 /* Java */
	__u32 state;	 /* Java: enum dp_flow_state, stored last of all */
	__u32 mask;	 /* Java: mask id */
	__u32 tcp_flags; /* BPF, atomic or; as in the key (network order, low half) */
	__u32 table;	 /* Java: enum dp_table + 1 once it is in that hash map */
	__u64 pad[2];
	__be64 key[DP_FLOW_WORDS]; /* Java */
};

struct dp_flow_ext {
	__be64 key[DP_FLOW_SLOT_WORDS]; /* Java */
};

/* -------------------------------------------------------------------- masks */

#define DP_MASKS 1024
#define DP_MASK_EXT_WORDS (ODP_WORDS - DP_FLOW_WORDS)

/* Words of a flow table's key; a mask's flows are in the smallest that takes its words. */
enum dp_table {
	DP_TABLE_3 = 0,
	DP_TABLE_7 = 1,
	DP_TABLE_15 = 2,
	DP_TABLE_23 = 3,
	DP_TABLE_80 = 4,
	DP_TABLES = 5,
};

struct dp_mask {
	__u32 n_words;		    /* Java */
	__u32 table;		    /* Java: enum dp_table */
	__u64 hits;		    /* BPF, atomic: packets that a walk found here */
	__u16 off[DP_FLOW_WORDS];   /* Java: byte offsets into the key; unused: 0 with mask 0 */
	__be64 mask[DP_FLOW_WORDS]; /* Java */
	__u64 pad[4];
	__u16 ext_off[DP_MASK_EXT_WORDS];
	__be64 ext_mask[DP_MASK_EXT_WORDS];
	__u64 pad2[6];
};

/*
 * The masks in use in the order of trying them.  'kinds' is the OR of the packet kinds (below) of the mask's flows: a
 * walk leaves out what cannot match.
 */
struct dp_mask_order {
	__u16 mask;
	__u16 pad;
	__u32 kinds;
};

/* What a packet is, one bit of each, by EtherType and IP protocol. */
enum dp_kind {
	DP_KIND_OTHER = 1 << 0,
	DP_KIND_ARP = 1 << 1,
	DP_KIND_IPV4_OTHER = 1 << 2,
	DP_KIND_IPV4_TCP = 1 << 3,
	DP_KIND_IPV4_UDP = 1 << 4,
	DP_KIND_IPV4_ICMP = 1 << 5,
	DP_KIND_IPV6_OTHER = 1 << 6,
	DP_KIND_IPV6_TCP = 1 << 7,
	DP_KIND_IPV6_UDP = 1 << 8,
	DP_KIND_IPV6_ICMP = 1 << 9,
};

/* Keys of the flow tables (kernel hash maps); values are flow indexes.  Unused words are zero. */
struct dp_tkey3 {
	__u64 mask;
	__be64 w[3];
};
struct dp_tkey7 {
	__u64 mask;
	__be64 w[7];
};
struct dp_tkey15 {
	__u64 mask;
	__be64 w[15];
};
struct dp_tkey23 {
	__u64 mask;
	__be64 w[23];
};
struct dp_tkey80 {
	__u64 mask;
	__be64 w[80];
};

/* -------------------------------------------------------------------- cache */

#define DP_CACHE_WAYS 8
#define DP_CACHE_LINES 16384

/*
 * Flow index << 32 | hash; 0: empty (flow index 0 is never given).  BPF writes, single stores.  Needs no invalidation: the
 * masked compare decides.
 */
struct dp_cache_line {
	__u64 way[DP_CACHE_WAYS];
};

/* -------------------------------------------------------------------- ports */

#define DP_PORTS 4096 /* numbers 1 .. 4095 */
#define DP_IFINDEX_SLOTS 16384

enum dp_port_kind {
	DP_PORT_NONE = 0,
	DP_PORT_SYSTEM = 1,
	DP_PORT_INTERNAL = 2,
};

/* As org.beeswitch.dpif.UpcallKind. */
enum dp_upcall_kind {
	DP_UPCALL_MISS = 0,
	DP_UPCALL_SLOW_PATH = 1,
	DP_UPCALL_CONTROLLER = 2,
	DP_UPCALL_KINDS = 3,
};

struct dp_port {
	/* What an output needs.  Java. */
	__u32 ifindex; /* of the device that the programs see; 0: gone */
	__u32 max_len; /* longest frame without a tag in metadata: MTU + 14 */
	__u32 handler;
	__u32 kind; /* enum dp_port_kind */
	__u8 name[16];
	__u32 host_ifindex; /* INTERNAL: the end that the host sees */
	__u32 pad[7];
	/* Upcalls, by kind. */
	__u32 limit[4];	   /* Java: bytes of the ring that may be outstanding at most */
	__u32 produced[4]; /* BPF, atomic: bytes */
	__u32 consumed[4]; /* Java: bytes; the handler's thread */
	__u32 refused[4];  /* BPF, atomic: packets */
};

/* The slot is the low bits of the ifindex; an ifindex that finds its slot taken is in a hash map. */
struct dp_ifindex {
	__u32 ifindex;
	__u32 port;
};

/* ------------------------------------------------------------------ upcalls */

#define DP_HANDLERS 64

struct dp_handler {
	__u32 asleep; /* Java sets it before it sleeps; BPF clears it, and wakes */
	__u32 pad[15];
};

#define DP_UPCALL_PARTIAL 1	  /* csum_start and csum_off are valid */
#define DP_UPCALL_CSUM_NOT_INET 2 /* ... and it is a CRC32c (SCTP) */
#define DP_UPCALL_TAG 4		  /* the outermost VLAN tag is here and not in the bytes */

/* Head of a ring record; the frame's bytes follow. */
struct dp_upcall {
	__u32 len;  /* bytes that follow and are the frame */
	__u32 kind; /* enum dp_upcall_kind */
	__u32 flags;
	__u32 port;	    /* that it is accounted to */
	__be64 port_recirc; /* key words */
	__be64 skb;
	__be64 type_hash;
	__u64 cookie[3];
	/* Offloads. */
	__u16 csum_start;
	__u16 csum_off;
	__u16 gso_size;
	__u16 gso_segs;
	__u32 gso_type; /* the kernel's SKB_GSO_* */
	__be16 vlan_tpid;
	__be16 vlan_tci;
	/* Room for conntrack and tunnel words. */
	__u64 pad[6];
};

/* ------------------------------------------------------------------ execute */

#define DP_EXECS 64

/* Slot q + 1 belongs to the tap's queue q, which is one thread's.  Java. */
struct dp_exec {
	__u64 acts;
	__be64 port_recirc;
	__be64 skb;
	__be64 type_hash;
	/* Room for conntrack and tunnel words. */
	__u64 pad[12];
};

/* -------------------------------------------------------------------- notes */

/* What the client wants to find again after a restart, by name; the programs do not look.  Java. */
#define DP_NOTES 4096
#define DP_NOTE_NAME 32 /* bytes, padded with zeros */

/* ----------------------------------------------------------------- counters */

/*
 * One array of u64 that BPF adds to.  Drops are at DP_CNT_DROPS + reason; Java names them.
 */
enum dp_counter {
	DP_CNT_MISSED = 0,
	DP_CNT_LOST = 1, /* upcalls of kind MISS that could not be sent up */
	DP_CNT_CACHE_MISS = 2,
	DP_CNT_MASKS_WALKED = 3,
	DP_CNT_STALE = 4, /* found by hash, refused by compare */
	DP_CNT_UPCALL_MISS = 5,
	DP_CNT_UPCALL_SLOW_PATH = 6,
	DP_CNT_UPCALL_CONTROLLER = 7,
	DP_CNT_PULLED = 8,  /* packets whose headers were not linear */
	DP_CNT_JIFFIES = 9, /* not a counter: the clock, by program dp_clock */
	DP_CNT_DROPS = 32,
	DP_COUNTERS = 96,
};

/* Why a packet died here. */
enum dp_drop {
	DP_DROP_NO_SCRATCH = 0,	    /* per-CPU memory missing: cannot happen */
	DP_DROP_NOT_A_PORT = 1,	    /* came from a device that is no port */
	DP_DROP_PULL = 2,	    /* headers could not be made linear: no memory */
	DP_DROP_TAIL_CALL = 3,	    /* a program is missing */
	DP_DROP_ACTION = 4,	    /* DROP, an empty list, or the end of a list without output */
	DP_DROP_BAD_ACTION = 5,	    /* a kind or a field that the datapath cannot run */
	DP_DROP_ACTION_FAILED = 6,  /* a helper refused: no memory, packet too short */
	DP_DROP_OUTPUT_NO_PORT = 7, /* output to a port that is not there, or whose device is gone */
	DP_DROP_OUTPUT_MTU = 8,	    /* frame longer than the output's MTU */
	DP_DROP_CLONE = 9,	    /* an output before the last one failed */
	DP_DROP_UPCALL_LIMIT = 10,  /* the port's share of its handler's ring is used up */
	DP_DROP_UPCALL_RING = 11,   /* the ring is full */
	DP_DROP_UPCALL_COPY = 12,   /* the packet could not be copied up */
	DP_DROP_UPCALL_NO_HANDLER = 13,
	DP_DROP_EXEC_SLOT = 14, /* a frame on the execute device without a slot */
	DP_DROP_TOO_LONG = 15,	/* frame of more than 65,536 + 256 bytes */
	DP_DROPS = 16,
};

/* ------------------------------------------------------------ configuration */

/* Read-only variables, set before load. */
struct dp_config {
	__u64 seed[4]; /* random: nobody can aim at one cache line */
	/* No bytes: clang describes a type in BTF only if something has it by value, and Java checks itself against BTF. */
	struct odp_key btf_key[0];
	struct odp_action btf_action[0];
	struct dp_flow btf_flow[0];
	struct dp_flow_ext btf_flow_ext[0];
	struct dp_mask btf_mask[0];
	struct dp_upcall btf_upcall[0];
	struct dp_tkey80 btf_tkey[0];
	enum odp_word btf_word[0];
	enum odp_action_kind btf_action_kind[0];
	enum dp_flow_state btf_flow_state[0];
	enum dp_table btf_table[0];
	enum dp_kind btf_kind[0];
	enum dp_port_kind btf_port_kind[0];
	enum dp_upcall_kind btf_upcall_kind[0];
	enum dp_counter btf_counter[0];
	enum dp_drop btf_drop[0];
};

#endif
