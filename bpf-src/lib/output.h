/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Output to a port: the last one of a list takes the packet, earlier ones send a clone. */
#ifndef LIB_OUTPUT_H
#define LIB_OUTPUT_H

#include "maps.h"

/*
 * Returns the port, or 0 having set *reason.  The MTU is looked at as OVS does: a GSO packet is the device's to segment,
 * and a tag in metadata is room that every device has.
 */
static __always_inline struct dp_port *dp_output_port(struct __sk_buff *skb, u32 number, u32 *reason)
{
	struct dp_port *p = bpf_map_lookup_elem(&dp_ports, &number);

	if (!p || !p->ifindex) {
		*reason = DP_DROP_OUTPUT_NO_PORT;
		return 0;
	}
	if (skb->len > p->max_len && !skb->gso_size) {
		*reason = DP_DROP_OUTPUT_MTU;
		return 0;
	}
	return p;
}

static __always_inline int dp_output_last(struct __sk_buff *skb, u32 number)
{
	u32 reason = 0;
	struct dp_port *p = dp_output_port(skb, number, &reason);

	return p ? (int)bpf_redirect(p->ifindex, 0) : dp_drop(reason);
}

static __always_inline void dp_output_clone(struct __sk_buff *skb, u32 number)
{
	u32 reason = DP_DROP_CLONE;
	struct dp_port *p = dp_output_port(skb, number, &reason);

	if (!p || bpf_clone_redirect(skb, p->ifindex, 0))
		dp_count(DP_CNT_DROPS + reason, 1);
}

#endif
