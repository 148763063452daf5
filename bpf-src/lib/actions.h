/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Runs a flow's action list.
 *
 * The entry program runs the commonest list itself: one output, whose port is in the list's word.  Everything else is
 * interpreted by a program of its own.  An output is held back until it is known whether another action follows: the
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

#endif
