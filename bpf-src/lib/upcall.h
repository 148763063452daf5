/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Sending a packet up.
 *
 * A ring per handler; a port belongs to one handler.  A record is a struct dp_upcall and the whole frame, reserved in one
 * of a few constant sizes (the verifier wants a constant) and filled by bpf_skb_load_bytes, which also copies what is not
 * linear.  With it go the offloads, so that the frame can be sent on as it was: read from the real sk_buff.
 *
 * Fairness: a port may have no more bytes outstanding of a kind (produced here, consumed by Java) than are free in the ring:
 * one alone gets half of it, n that send up together get one part in n + 1 each, and one part stays free for the next that
 * comes (the dynamic threshold of Choudhury and Hahne).  So one port's misses cannot fill the ring, whatever their length,
 * nor keep its own controller packets out.  Java serves ports and kinds in turn.
 *
 * Wake-ups cost ten times the copy, so the reader is woken only if it says that it sleeps.  It sets 'asleep', looks at the
 * ring once more, then waits; we reserve, then look at 'asleep'.  Either it sees our record or we see its flag.
 */
#ifndef LIB_UPCALL_H
#define LIB_UPCALL_H

#include "maps.h"

/* The sizes of records, in bytes of frame: a header or a small packet, a usual MTU, a jumbo frame, a GSO packet. */
#define UPCALL_SMALL_LEN 256
#define UPCALL_USUAL_LEN 1600
#define UPCALL_JUMBO_LEN 9216
#define UPCALL_MAX_LEN (65536 + 256)

static __always_inline void upcall_head(struct __sk_buff *skb, const struct dp_scratch *s, struct dp_upcall *u,
					u32 kind, u32 len, const struct odp_action *a)
{
	struct sk_buff *k = bpf_cast_to_kern_ctx(skb);
	struct skb_shared_info *si;
	u32 flags = 0;

	u->len = len;
	u->kind = kind;
	u->port = s->in_port;
	u->port_recirc = s->w[ODP_W_PORT_RECIRC];
	u->skb = s->w[ODP_W_SKB];
	u->type_hash = s->w[ODP_W_TYPE_HASH];
	u->cookie[0] = a ? a->value : 0;
	u->cookie[1] = a ? a->mask : 0;
	u->cookie[2] = a ? a->extra : 0;
	u->csum_start = 0;
	u->csum_off = 0;
	if (BPF_CORE_READ_BITFIELD(k, ip_summed) == CHECKSUM_PARTIAL) {
		flags |= DP_UPCALL_PARTIAL;
		/* Counted from head in the kernel, from the frame's beginning here. */
		u->csum_start = k->csum_start - (u32)((long)k->data - (long)k->head);
		u->csum_off = k->csum_offset;
		if (bpf_core_field_exists(k->csum_not_inet) && BPF_CORE_READ_BITFIELD(k, csum_not_inet))
			flags |= DP_UPCALL_CSUM_NOT_INET;
	}
	u->gso_size = skb->gso_size;
	u->gso_segs = skb->gso_segs;
	u->gso_type = 0;
	if (skb->gso_size) {
		si = bpf_rdonly_cast(k->head + k->end, bpf_core_type_id_kernel(struct skb_shared_info));
		u->gso_type = si->gso_type;
	}
	u->vlan_tpid = 0;
	u->vlan_tci = 0;
	if (skb->vlan_present) {
		flags |= DP_UPCALL_TAG;
		u->vlan_tpid = (u16)skb->vlan_proto;
		u->vlan_tci = bpf_htons(skb->vlan_tci);
	}
	u->flags = flags;
#pragma unroll
	for (int i = 0; i < 6; i++)
		u->pad[i] = 0;
}

/* Returns 0 or a drop reason. */
static __always_inline int upcall_put(struct __sk_buff *skb, const struct dp_scratch *s, void *ring,
				      struct dp_handler *h, u32 kind, u32 len, const struct odp_action *a,
				      const u32 size)
{
	u64 flags = BPF_RB_NO_WAKEUP;
	struct dp_upcall *u = bpf_ringbuf_reserve(ring, sizeof(*u) + size, 0);

	if (!u)
		return DP_DROP_UPCALL_RING;
	upcall_head(skb, s, u, kind, len, a);
	if (bpf_skb_load_bytes(skb, 0, u + 1, len)) {
		bpf_ringbuf_discard(u, BPF_RB_NO_WAKEUP);
		return DP_DROP_UPCALL_COPY;
	}
	if (*(volatile u32 *)&h->asleep) {
		*(volatile u32 *)&h->asleep = 0;
		flags = BPF_RB_FORCE_WAKEUP;
	}
	bpf_ringbuf_submit(u, flags);
	return 0;
}

/* Bytes of the ring that a frame's record takes. */
static __always_inline u32 upcall_bytes(u32 len)
{
	u32 size = len <= UPCALL_SMALL_LEN   ? UPCALL_SMALL_LEN
		   : len <= UPCALL_USUAL_LEN ? UPCALL_USUAL_LEN
		   : len <= UPCALL_JUMBO_LEN ? UPCALL_JUMBO_LEN
					     : UPCALL_MAX_LEN;

	return size + sizeof(struct dp_upcall) + BPF_RINGBUF_HDR_SZ;
}

static __always_inline int upcall_sized(struct __sk_buff *skb, const struct dp_scratch *s, void *ring,
					struct dp_handler *h, u32 kind, const struct odp_action *a)
{
	u32 len = *(volatile u32 *)&skb->len;

	/* The asm keeps each bound next to its use; the verifier forgets it otherwise. */
	if (len < 1 || len > UPCALL_MAX_LEN)
		return DP_DROP_TOO_LONG;
	asm volatile("" : "+r"(len));
	if (len >= 1 && len <= UPCALL_SMALL_LEN)
		return upcall_put(skb, s, ring, h, kind, len, a, UPCALL_SMALL_LEN);
	asm volatile("" : "+r"(len));
	if (len >= 1 && len <= UPCALL_USUAL_LEN)
		return upcall_put(skb, s, ring, h, kind, len, a, UPCALL_USUAL_LEN);
	asm volatile("" : "+r"(len));
	if (len >= 1 && len <= UPCALL_JUMBO_LEN)
		return upcall_put(skb, s, ring, h, kind, len, a, UPCALL_JUMBO_LEN);
	asm volatile("" : "+r"(len));
	if (len >= 1 && len <= UPCALL_MAX_LEN)
		return upcall_put(skb, s, ring, h, kind, len, a, UPCALL_MAX_LEN);
	return DP_DROP_TOO_LONG;
}

/* Whether so many bytes more are beyond a port's share.  One that has nothing outstanding may always try. */
static __always_inline bool upcall_is_over(void *ring, u32 outstanding, u32 bytes, u32 limit)
{
	u64 size = bpf_ringbuf_query(ring, BPF_RB_RING_SIZE), used = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);

	return outstanding && outstanding + bytes > (size - used < limit ? size - used : limit);
}

/*
 * Sends the packet up as it is now; 'a' is the USERSPACE action or null.  Returns 0 or a drop reason; what is refused is
 * counted, here and at the port.  The packet itself stays the caller's.
 */
static __noinline int dp_upcall(struct __sk_buff *skb, u32 kind, struct odp_action *a)
{
	struct dp_scratch *s = dp_this_cpu();
	struct dp_handler *h;
	struct dp_port *p;
	u32 port, handler, out, bytes = upcall_bytes(skb->len);
	void *ring;
	int rc;

	if (!s)
		return DP_DROP_NO_SCRATCH;
	port = s->in_port;
	p = bpf_map_lookup_elem(&dp_ports, &port);
	if (!p)
		return DP_DROP_NOT_A_PORT;
	if (kind >= DP_UPCALL_KINDS)
		kind = DP_UPCALL_SLOW_PATH;
	kind &= 3;
	handler = p->handler;
	h = bpf_map_lookup_elem(&dp_handlers, &handler);
	ring = bpf_map_lookup_elem(&dp_rings, &handler);
	out = __sync_fetch_and_add(&p->produced[kind], bytes) - *(volatile u32 *)&p->consumed[kind];
	if (!h || !ring)
		rc = DP_DROP_UPCALL_NO_HANDLER;
	else if (upcall_is_over(ring, out, bytes, p->limit[kind]))
		rc = DP_DROP_UPCALL_LIMIT;
	else
		rc = upcall_sized(skb, s, ring, h, kind, a);
	if (!rc) {
		dp_count(DP_CNT_UPCALL_MISS + kind, 1);
		return 0;
	}
	__sync_fetch_and_add(&p->produced[kind], -bytes);
	__sync_fetch_and_add(&p->refused[kind], 1);
	if (kind == DP_UPCALL_MISS)
		dp_count(DP_CNT_LOST, 1);
	dp_count(DP_CNT_DROPS + rc, 1);
	return rc;
}

#endif
