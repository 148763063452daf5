/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Runs a flow's action list.
 *
 * The entry program runs the commonest list itself: one output, whose port is in the list's word.  What a router does
 * (addresses, TTL, one output) has a program that writes through packet pointers.  Everything else is interpreted by a
 * program of its own.  An output is held back until it is known whether another action follows: the
 * last one redirects the packet, earlier ones send a clone, which costs half a microsecond more.
 *
 * The scratch key follows the packet: SETs compute new bytes and checksums from it instead of reading the packet again.
 */
#ifndef LIB_ACTIONS_H
#define LIB_ACTIONS_H

#include "output.h"
#include "set.h"
#include "upcall.h"

/* Runs list s->acts; returns the verdict. */
static __always_inline int dp_run_actions(struct __sk_buff *skb, struct dp_scratch *s)
{
	u64 acts = s->acts;
	u32 start = DP_ACTS_START(acts), n = DP_ACTS_COUNT(acts), held = 0;
	int reason = DP_DROP_ACTION, *i;
	struct bpf_iter_num it;

	if (acts & DP_ACTS_SINGLE)
		return dp_output_last(skb, start);
	if (n > DP_MAX_ACTIONS)
		return dp_drop(DP_DROP_BAD_ACTION);
	bpf_iter_num_new(&it, 0, n);
	while ((i = bpf_iter_num_next(&it))) {
		struct odp_action *a = dp_action_at(start + *i);
		int rc = 0;

		if (held) {
			dp_output_clone(skb, held);
			held = 0;
			/* Not the packet but its copies were what the list was for. */
			reason = -1;
		}
		if (!a) {
			reason = DP_DROP_BAD_ACTION;
			break;
		}
		switch (a->kind) {
		case ODP_ACT_OUTPUT:
			held = a->arg;
			break;
		case ODP_ACT_USERSPACE:
			/* Counts what it refuses. */
			dp_upcall(skb, a->arg, a);
			reason = -1;
			break;
		case ODP_ACT_SET:
			rc = dp_set(skb, s, a);
			break;
		case ODP_ACT_PUSH_VLAN:
			rc = dp_push_vlan(skb, s, a->arg);
			break;
		case ODP_ACT_POP_VLAN:
			rc = dp_pop_vlan(skb, s);
			break;
		case ODP_ACT_DROP:
			rc = DP_DROP_ACTION;
			break;
		default:
			rc = DP_DROP_BAD_ACTION;
		}
		if (rc) {
			reason = rc;
			break;
		}
	}
	bpf_iter_num_destroy(&it);
	if (held)
		return dp_output_last(skb, held);
	return reason < 0 ? CONSUMED : dp_drop(reason);
}

/*
 * Runs a list that Java has found to be light.  All SETs are taken together and written once.  Returns the verdict, or
 * -1 with nothing done: the packet is one that the interpreter must see.
 *
 * Direct writes make the kernel unshare a cloned packet's head at entry.  Only lists that write come here.
 */
static __always_inline int dp_run_light(struct __sk_buff *skb, struct dp_scratch *s)
{
	u64 acts = s->acts, w1 = s->w[ODP_W_ETH_DST_TYPE], w2 = s->w[ODP_W_ETH_SRC], nw = s->w[ODP_W_NW];
	u32 start = DP_ACTS_START(acts), n = DP_ACTS_COUNT(acts), l3 = s->l3_ofs, sets = n - 1;
	void *data, *end;
	struct odp_action *a;

	for (u32 i = 0; i < DP_LIGHT_SETS && i < sets; i++) {
		a = dp_action_at(start + i);
		if (!a)
			return -1;
		if (a->word == ODP_W_ETH_DST_TYPE)
			w1 = (w1 & ~a->mask) | (a->value & a->mask);
		else if (a->word == ODP_W_ETH_SRC)
			w2 = (w2 & ~a->mask) | (a->value & a->mask);
		else
			nw = (nw & ~a->mask) | (a->value & a->mask);
	}
	a = dp_action_at(start + sets);
	data = (void *)(long)*(volatile u32 *)&skb->data;
	end = (void *)(long)*(volatile u32 *)&skb->data_end;
	if (!a || data + 14 > end)
		return -1;
	if (nw != s->w[ODP_W_NW]) {
		u64 old = s->w[ODP_W_NW];
		u8 *ip;
		u32 sum;

		l3 &= 0xff;
		asm volatile("" : "+r"(l3));
		ip = data + l3;
		if (set_eth_type(s) != bpf_htons(ETH_P_IP) || !s->l4_ofs || (void *)(ip + 20) > end)
			return -1;
		/* RFC 1624, eqn. 3, over the words of TOS and of TTL. */
		sum = (u16) ~*(u16 *)(ip + 10);
		sum += (u16) ~(u16)(old & 0xff00) + (u16)(nw & 0xff00);
		sum += (u16) ~(u16)(old >> 16 & 0xff) + (u16)(nw >> 16 & 0xff);
		sum = (sum & 0xffff) + (sum >> 16);
		sum = (sum & 0xffff) + (sum >> 16);
		*(u16 *)(ip + 10) = ~sum;
		ip[1] = nw >> 8;
		ip[8] = nw >> 16;
	}
	*(u64 *)data = (w1 & MAC_BYTES) | w2 << 48;
	*(u32 *)(data + 8) = w2 >> 16;
	return dp_output_last(skb, a->arg);
}

#endif
