/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Every map of the datapath, and counting.  docs/bpf-abi.md says who writes what, and what happens when one is full.
 *
 * Arrays that Java maps into its memory are mmapable.  What grows is an array of maps ("chunks"): Java makes a chunk when
 * it needs one, so an idle switch is small.  Chunks of one array are all of one size, which lets the verifier inline the
 * lookup.
 */
#ifndef LIB_MAPS_H
#define LIB_MAPS_H

#include "kern.h"

/* Only in this address space: all that is known of the packet in work, on this CPU. */
struct dp_scratch {
	u64 w[ODP_WORDS]; /* the key; tunnel and conntrack words stay zero until something writes them */
	/* Where the headers are in the data (a tag in metadata is not in the data); 0: not there. */
	u32 l3_ofs;
	u32 l4_ofs;  /* also where a later fragment's or an unknown protocol's payload begins */
	u32 ip_end;  /* end of the IP or ARP packet; padding follows */
	u32 in_port; /* datapath port number, 0 if it is none */
	u32 hash;
	u32 rare; /* words beyond ODP_W_TP were written: clear them for the next packet */
	/* Handed from program to program. */
	u64 acts;
	/* IPv6 extension header walk: in memory so that the verifier does not follow each value. */
	u32 ext_proto;
	u32 ext_bits;
	u32 ext_rank;
	u32 ext_dests;
	u32 ext_frag;
	u32 ext_routed; /* a routing header with segments left */
	/* Under this, room so that any 10-bit offset, cut to words, is inside. */
	u64 bound[40];
	struct dp_tkey80 gather;
};

_Static_assert(sizeof(struct dp_scratch) >= 1024, "masked offsets stay inside");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct dp_scratch);
} dp_scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DP_CACHE_LINES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct dp_cache_line);
} dp_cache SEC(".maps");

struct dp_flow_chunk {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DP_FLOW_CHUNK);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(struct dp_flow));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, DP_FLOW_CHUNKS);
	__type(key, u32);
	__array(values, struct dp_flow_chunk);
} dp_flows SEC(".maps");

struct dp_action_chunk {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DP_ACTION_CHUNK);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(struct odp_action));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, DP_ACTION_CHUNKS);
	__type(key, u32);
	__array(values, struct dp_action_chunk);
} dp_actions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DP_MASKS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct dp_mask);
} dp_masks SEC(".maps");

/* Ends at the first entry without kinds. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DP_MASKS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct dp_mask_order);
} dp_mask_order SEC(".maps");

/*
 * The flow tables.  Each is the only element of an array of maps so that Java can put a larger one in its place; the sizes
 * given here are of the template alone.
 */
#define DP_TABLE_MAP(n)                                      \
	struct dp_hash##n {                                  \
		__uint(type, BPF_MAP_TYPE_HASH);             \
		__uint(max_entries, 1024);                   \
		__uint(map_flags, BPF_F_NO_PREALLOC);        \
		__uint(key_size, sizeof(struct dp_tkey##n)); \
		__uint(value_size, sizeof(u32));             \
	};                                                   \
	struct {                                             \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);    \
		__uint(max_entries, 1);                      \
		__type(key, u32);                            \
		__array(values, struct dp_hash##n);          \
	} dp_table##n SEC(".maps")

DP_TABLE_MAP(3);
DP_TABLE_MAP(7);
DP_TABLE_MAP(15);
DP_TABLE_MAP(23);
DP_TABLE_MAP(80);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DP_PORTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct dp_port);
} dp_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DP_IFINDEX_SLOTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct dp_ifindex);
} dp_ifindexes SEC(".maps");

/* Those whose slot is taken: ifindex to port number. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DP_PORTS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, u32);
} dp_ifindex_more SEC(".maps");

struct dp_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, DP_HANDLERS);
	__type(key, u32);
	__array(values, struct dp_ring);
} dp_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DP_HANDLERS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct dp_handler);
} dp_handlers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DP_EXECS + 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct dp_exec);
} dp_execs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DP_COUNTERS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, u64);
} dp_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DP_NOTES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, DP_NOTE_NAME);
	__uint(value_size, sizeof(u64));
} dp_notes SEC(".maps");

/* Programs that others go on into. */
enum dp_prog {
	DP_PROG_INGRESS = 0,
	DP_PROG_MISS = 1,
	DP_PROG_ACTIONS = 2,
	DP_PROG_EXECUTE = 3,
	DP_PROG_LIGHT = 4,
	DP_PROGS = 8,
};

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, DP_PROGS);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} dp_progs SEC(".maps");

const volatile struct dp_config dp_config SEC(".rodata.config");

static __always_inline void dp_count(u32 counter, u64 n)
{
	u64 *c = bpf_map_lookup_elem(&dp_counters, &counter);

	if (c)
		__sync_fetch_and_add(c, n);
}

/* The one exit of packets that die: turns the reason into a counter. */
static __always_inline int dp_drop(enum dp_drop reason)
{
	dp_count(DP_CNT_DROPS + reason, 1);
	return CONSUMED;
}

static __always_inline struct dp_scratch *dp_this_cpu(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&dp_scratch, &zero);
}

static __always_inline struct dp_flow *dp_flow_slot(u32 index)
{
	u32 chunk = index >> DP_FLOW_CHUNK_BITS, slot = index & (DP_FLOW_CHUNK - 1);
	void *map = bpf_map_lookup_elem(&dp_flows, &chunk);

	return map ? bpf_map_lookup_elem(map, &slot) : 0;
}

static __always_inline struct odp_action *dp_action_at(u32 index)
{
	u32 chunk = index >> DP_ACTION_CHUNK_BITS, slot = index & (DP_ACTION_CHUNK - 1);
	void *map = bpf_map_lookup_elem(&dp_actions, &chunk);

	return map ? bpf_map_lookup_elem(map, &slot) : 0;
}

#endif
