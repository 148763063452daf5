// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The tc-eBPF datapath: the programs, and what calls what.
 *
 *   port's tcx ingress --> dp_ingress: parse, cache, compare --hit--> one output: redirect
 *                                |                        \--hit--> dp_light: addresses and TTL; dp_act: any list
 *                                | cache miss
 *                                v
 *                            dp_miss: walk the masks --found--> fill the cache, act
 *                                       \--not found--> upcall; the packet is consumed
 *
 *   execute tap's tcx ingress --> dp_execute: parse, list of the queue's slot --> act
 *
 * Arrows between programs are tail calls (at most two a packet), which keep the hit path short for the CPU's caches and the
 * whole quick to verify: the verifier's work is part of the daemon's start.  What one program knows of the packet is in a
 * per-CPU scratch: no program is interrupted by another one on its CPU, since all run in soft interrupt context or with it
 * blocked, and sending to a port queues the packet instead of running that port's program.
 *
 * Nothing goes on into the host's stack: a packet is redirected or consumed, and every one that dies here moves a counter.
 */
#include "lib/actions.h"
#include "lib/lookup.h"
#include "lib/output.h"
#include "lib/parse.h"
#include "lib/upcall.h"

static __always_inline u32 dp_port_of(u32 ifindex)
{
	u32 slot = ifindex & (DP_IFINDEX_SLOTS - 1), *more;
	struct dp_ifindex *e = bpf_map_lookup_elem(&dp_ifindexes, &slot);

	if (e && e->ifindex == ifindex)
		return e->port;
	more = bpf_map_lookup_elem(&dp_ifindex_more, &ifindex);
	return more ? *more : 0;
}

/* Makes the headers linear and starts over in the same entry program. */
static __always_inline int dp_pull(struct __sk_buff *skb, u32 prog)
{
	u32 want = skb->len;

	/* Headers are at most so long; of a GSO packet the rest can stay where it is. */
	if (want > PARSE_MAX_OFS)
		want = PARSE_MAX_OFS;
	if (want <= (u32)((long)skb->data_end - (long)skb->data) || bpf_skb_pull_data(skb, want))
		return dp_drop(DP_DROP_PULL);
	dp_count(DP_CNT_PULLED, 1);
	bpf_tail_call(skb, &dp_progs, prog);
	return dp_drop(DP_DROP_TAIL_CALL);
}

/* A packet of this flow: counts it, then acts. */
static __always_inline int dp_hit(struct __sk_buff *skb, struct dp_scratch *s, struct dp_flow *f)
{
	u64 now = bpf_jiffies64(), acts;
	/* Of ND the word has an option's type there. */
	u32 flags = (u8)(s->w[ODP_W_NW] >> 24) == IPPROTO_TCP ? (u32)(s->w[ODP_W_TP] >> 32) & 0xffff : 0;

	__sync_fetch_and_add(&f->packets, 1);
	__sync_fetch_and_add(&f->bytes, (u64)skb->len + (skb->vlan_present ? 4 : 0));
	if (f->used != now)
		*(volatile u64 *)&f->used = now;
	if (flags & ~f->tcp_flags)
		__sync_fetch_and_or(&f->tcp_flags, flags);
	acts = *(volatile u64 *)&f->acts;
	if (acts & DP_ACTS_SINGLE)
		return dp_output_last(skb, DP_ACTS_START(acts));
	s->acts = acts;
	if (acts & DP_ACTS_LIGHT)
		bpf_tail_call(skb, &dp_progs, DP_PROG_LIGHT);
	bpf_tail_call(skb, &dp_progs, DP_PROG_ACTIONS);
	return dp_drop(DP_DROP_TAIL_CALL);
}

SEC("tc")
int dp_ingress(struct __sk_buff *skb)
{
	struct dp_scratch *s = dp_this_cpu();
	struct dp_flow *f;
	u32 port;

	if (!s)
		return dp_drop(DP_DROP_NO_SCRATCH);
	port = dp_port_of(skb->ifindex);
	if (!port)
		return dp_drop(DP_DROP_NOT_A_PORT);
	if (parse_frame(skb, s))
		return dp_pull(skb, DP_PROG_INGRESS);
	parse_metadata(skb, s, port);
	s->hash = dp_hash(s);
	f = dp_lookup_cache(s);
	if (f)
		return dp_hit(skb, s, f);
	bpf_tail_call(skb, &dp_progs, DP_PROG_MISS);
	return dp_drop(DP_DROP_TAIL_CALL);
}

SEC("tc")
int dp_miss(struct __sk_buff *skb)
{
	struct dp_scratch *s = dp_this_cpu();
	struct dp_flow *f = 0;
	u32 index;

	if (!s)
		return dp_drop(DP_DROP_NO_SCRATCH);
	dp_count(DP_CNT_CACHE_MISS, 1);
	index = dp_lookup_masks(s);
	if (index) {
		f = dp_match(s, index);
		if (!f)
			dp_count(DP_CNT_STALE, 1);
	}
	if (f) {
		dp_cache_put(s, index);
		return dp_hit(skb, s, f);
	}
	dp_count(DP_CNT_MISSED, 1);
	dp_upcall(skb, DP_UPCALL_MISS, 0);
	return CONSUMED;
}

SEC("tc")
int dp_light(struct __sk_buff *skb)
{
	struct dp_scratch *s = dp_this_cpu();
	int verdict = s ? dp_run_light(skb, s) : dp_drop(DP_DROP_NO_SCRATCH);

	if (verdict >= 0)
		return verdict;
	bpf_tail_call(skb, &dp_progs, DP_PROG_ACTIONS);
	return dp_drop(DP_DROP_TAIL_CALL);
}

SEC("tc")
int dp_act(struct __sk_buff *skb)
{
	struct dp_scratch *s = dp_this_cpu();

	return s ? dp_run_actions(skb, s) : dp_drop(DP_DROP_NO_SCRATCH);
}

SEC("tc")
int dp_execute(struct __sk_buff *skb)
{
	struct dp_scratch *s = dp_this_cpu();
	u32 slot = skb->queue_mapping;
	struct dp_exec *e = bpf_map_lookup_elem(&dp_execs, &slot);

	if (!s)
		return dp_drop(DP_DROP_NO_SCRATCH);
	if (!e || !slot)
		return dp_drop(DP_DROP_EXEC_SLOT);
	if (parse_frame(skb, s))
		return dp_pull(skb, DP_PROG_EXECUTE);
	s->w[ODP_W_PORT_RECIRC] = e->port_recirc;
	s->w[ODP_W_SKB] = e->skb;
	s->w[ODP_W_TYPE_HASH] = e->type_hash;
	s->in_port = bpf_ntohl((u32)e->port_recirc);
	skb->mark = bpf_ntohl((u32)e->skb);
	skb->priority = bpf_ntohl((u32)(e->skb >> 32));
	s->acts = e->acts;
	bpf_tail_call(skb, &dp_progs, DP_PROG_ACTIONS);
	return dp_drop(DP_DROP_TAIL_CALL);
}

/* For Java by BPF_PROG_TEST_RUN: what time it is in the clock of dp_flow.used. */
SEC("tc")
int dp_clock(struct __sk_buff *skb)
{
	u32 counter = DP_CNT_JIFFIES;
	u64 *c = bpf_map_lookup_elem(&dp_counters, &counter);

	(void)skb;
	if (c)
		*c = bpf_jiffies64();
	return 0;
}

/*
 * For tests, by BPF_PROG_TEST_RUN; not loaded otherwise.  The frame is first cut to cb[2] bytes (the kernel takes no short
 * ones), and gets a VLAN tag (tpid:16 tci:16) of cb[1] in metadata.  With cb[0] == 0 it becomes its key and the three header
 * offsets, else the list of execute slot cb[0] runs on it.
 */
SEC("tc")
int dp_test(struct __sk_buff *skb)
{
	struct dp_scratch *s = dp_this_cpu();
	u32 slot = skb->cb[0], tag = skb->cb[1], len = skb->cb[2];
	struct dp_exec *e = bpf_map_lookup_elem(&dp_execs, &slot);

	if (!s || !e || (len && bpf_skb_change_tail(skb, len, 0)))
		return -1;
	if (tag && bpf_skb_vlan_push(skb, bpf_htons(tag >> 16), tag & 0xffff))
		return -2;
	if (parse_frame(skb, s))
		return -3;
	parse_metadata(skb, s, 1);
	if (slot) {
		int verdict;

		s->acts = e->acts;
		verdict = e->acts & DP_ACTS_LIGHT ? dp_run_light(skb, s) : -1;
		if (verdict < 0)
			verdict = dp_run_actions(skb, s);
		/* Another tag, which the test does not see, moves one in metadata to where the test sees it. */
		if (skb->vlan_present && bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 0))
			return -5;
		return verdict;
	}
	if (bpf_skb_change_tail(skb, sizeof(struct odp_key) + 12, 0) ||
	    bpf_skb_store_bytes(skb, 0, s->w, sizeof(struct odp_key), 0) ||
	    bpf_skb_store_bytes(skb, sizeof(struct odp_key), &s->l3_ofs, 12, 0))
		return -4;
	return 0;
}

/*
 * For measurements, by BPF_PROG_TEST_RUN; not loaded otherwise.  Goes on as dp_ingress, each time with the next of 'cb[0]' (a
 * power of two) IPv4 destinations, or with cb[1] only ends.
 */
SEC("tc")
int dp_bench(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	u32 n = skb->mark;

	if (data + 34 > end)
		return -1;
	/* What the last round's actions rewrote: addresses 02:..:02 and 02:..:01, TTL 64. */
	*(u64 *)data = 0x0002020000000002ULL;
	*(u32 *)(data + 8) = 0x01000000;
	*(u8 *)(data + 22) = 64;
	*(u32 *)(data + 30) = bpf_htonl(0x0a000000 | (n & (skb->cb[0] - 1)));
	skb->mark = n + 1;
	if (!skb->cb[1])
		bpf_tail_call(skb, &dp_progs, DP_PROG_INGRESS);
	return 0;
}

/* What the kernel reads to decide which helpers a program may call; see LICENSES.md. */
char _license[] SEC("license") = "Dual BSD/GPL";
