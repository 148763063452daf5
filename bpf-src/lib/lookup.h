/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * From key to flow.
 *
 * Two steps.  (1) The packet's hash picks a line of eight in a cache whose entries are {flow index, hash}; the flow it
 * names is compared under that flow's own mask.  No hash map, no helper: about 30 ns at any number of masks.  (2) Only
 * when the cache does not know, the masks are walked: for each that could match this kind of packet the key's words are
 * gathered and looked up in a kernel hash map, about 35 ns a mask.
 *
 * Law: the masked compare decides, always.  A cache entry may be stale, two packets may have one hash, an element of a
 * hash map may be deleted and used again while a program holds it: none of this can choose a wrong flow, because a flow's
 * slot is used again only after a grace period and a dead flow compares unequal to everything.
 *
 * The hash need not cover every field: packets that differ only in what it leaves out share a line and take turns, which
 * costs a walk each.  It covers what distinguishes traffic, not what changes in one connection (TTL, TCP flags).
 */
#ifndef LIB_LOOKUP_H
#define LIB_LOOKUP_H

#include "maps.h"

#define NW_HASHED bpf_htonl(0x03ff00ff) /* frag, tos, proto */

static __always_inline u64 dp_mix(u64 h, u64 w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

/* Never 0, so that an empty cache way matches nothing. */
static __always_inline u32 dp_hash(const struct dp_scratch *s)
{
	const u64 *w = s->w;
	u64 a = dp_config.seed[0], b = dp_config.seed[1];

	a = dp_mix(a, w[ODP_W_PORT_RECIRC]);
	b = dp_mix(b, w[ODP_W_ETH_DST_TYPE]);
	a = dp_mix(a, w[ODP_W_ETH_SRC]);
	b = dp_mix(b, w[ODP_W_VLANS]);
	a = dp_mix(a, (w[ODP_W_NW] & NW_HASHED) | w[ODP_W_TP] << 32);
	b = dp_mix(b, w[ODP_W_IPV4]);
	if (w[ODP_W_IPV6_SRC] | w[ODP_W_IPV6_DST] | w[ODP_W_IPV6_DST + 1]) {
		a = dp_mix(a, w[ODP_W_IPV6_SRC]);
		b = dp_mix(b, w[ODP_W_IPV6_SRC + 1]);
		a = dp_mix(a, w[ODP_W_IPV6_DST]);
		b = dp_mix(b, w[ODP_W_IPV6_DST + 1]);
	}
	if (s->rare) {
		a = dp_mix(a, w[ODP_W_ND_TARGET + 1] ^ w[ODP_W_ND_IGMP]);
		b = dp_mix(b, w[ODP_W_MPLS01] ^ w[ODP_W_PBB]);
		a = dp_mix(a, w[ODP_W_PBB_C_DST] ^ w[ODP_W_NSH]);
	}
	a = dp_mix(a, b);
	return (u32)(a >> 32) | 1;
}

static __always_inline u64 dp_word(const struct dp_scratch *s, u32 byte_ofs)
{
	return *(u64 *)((void *)s + (byte_ofs & 0x3f8));
}

/* The words that do not fit into a flow's first slot. */
__noinline int dp_match_more(u32 index, u32 mask_id)
{
	struct dp_mask *m = bpf_map_lookup_elem(&dp_masks, &mask_id);
	struct dp_scratch *s = dp_this_cpu();
	struct bpf_iter_num it;
	u64 diff = 0;
	u32 n;
	int *i;

	if (!m || !s)
		return 0;
	n = m->n_words;
	if (n > ODP_WORDS)
		n = ODP_WORDS;
	bpf_iter_num_new(&it, DP_FLOW_WORDS, n);
	while ((i = bpf_iter_num_next(&it))) {
		u32 k = *i - DP_FLOW_WORDS;
		struct dp_flow_ext *x;

		if (k >= DP_MASK_EXT_WORDS)
			break;
		x = (void *)dp_flow_slot(index + 1 + k / DP_FLOW_SLOT_WORDS);
		if (!x) {
			diff = 1;
			break;
		}
		if ((dp_word(s, m->ext_off[k]) & m->ext_mask[k]) != x->key[k % DP_FLOW_SLOT_WORDS]) {
			diff = 1;
			break;
		}
	}
	bpf_iter_num_destroy(&it);
	return !diff;
}

/* The flow of that index if it matches the scratch key, else 0. */
static __always_inline struct dp_flow *dp_match(const struct dp_scratch *s, u32 index)
{
	struct dp_flow *f = dp_flow_slot(index);
	struct dp_mask *m;
	u64 diff = 0;
	u32 id, n;

	if (!f || *(volatile u32 *)&f->state != DP_FLOW_LIVE)
		return 0;
	id = f->mask;
	m = bpf_map_lookup_elem(&dp_masks, &id);
	if (!m)
		return 0;
	n = m->n_words;
#pragma unroll
	for (int i = 0; i < 4; i++)
		diff |= (dp_word(s, m->off[i]) & m->mask[i]) ^ f->key[i];
	if (n > 4) {
#pragma unroll
		for (int i = 4; i < DP_FLOW_WORDS; i++)
			diff |= (dp_word(s, m->off[i]) & m->mask[i]) ^ f->key[i];
		if (n > DP_FLOW_WORDS && !diff && !dp_match_more(index, id))
			return 0;
	}
	return diff ? 0 : f;
}

static __always_inline struct dp_cache_line *dp_cache_line(u32 hash)
{
	u32 line = hash >> 1 & (DP_CACHE_LINES - 1);

	return bpf_map_lookup_elem(&dp_cache, &line);
}

/* Step 1. */
static __always_inline struct dp_flow *dp_lookup_cache(const struct dp_scratch *s)
{
	struct dp_cache_line *line = dp_cache_line(s->hash);
	u32 index = 0, hash = s->hash;

	if (!line)
		return 0;
#pragma unroll
	for (int i = 0; i < DP_CACHE_WAYS; i++) {
		u64 e = line->way[i];

		if ((u32)e == hash) {
			index = e >> 32;
			break;
		}
	}
	return index ? dp_match(s, index) : 0;
}

/* Puts the flow in the way that has this hash, else in an empty one, else in one that the hash picks. */
static __always_inline void dp_cache_put(const struct dp_scratch *s, u32 index)
{
	struct dp_cache_line *line = dp_cache_line(s->hash);
	u32 way = s->hash >> 24 & (DP_CACHE_WAYS - 1), hash = s->hash;

	if (!line)
		return;
#pragma unroll
	for (int i = 0; i < DP_CACHE_WAYS; i++) {
		if (!line->way[i])
			way = i;
	}
#pragma unroll
	for (int i = 0; i < DP_CACHE_WAYS; i++) {
		if ((u32)line->way[i] == hash)
			way = i;
	}
	*(volatile u64 *)&line->way[way & (DP_CACHE_WAYS - 1)] = (u64)index << 32 | hash;
}

static __always_inline u32 dp_kind_ip(u32 proto, u32 icmp, u32 other)
{
	return proto == IPPROTO_TCP   ? other << 1
	       : proto == IPPROTO_UDP ? other << 2
	       : proto == icmp	      ? other << 3
				      : other;
}

static __always_inline u32 dp_kind_of(const struct dp_scratch *s)
{
	u32 proto = s->w[ODP_W_NW] >> 24 & 0xff;

	switch ((u16)(s->w[ODP_W_ETH_DST_TYPE] >> 48)) {
	case bpf_htons(ETH_P_IP):
		return dp_kind_ip(proto, IPPROTO_ICMP, DP_KIND_IPV4_OTHER);
	case bpf_htons(ETH_P_IPV6):
		return dp_kind_ip(proto, IPPROTO_ICMPV6, DP_KIND_IPV6_OTHER);
	case bpf_htons(ETH_P_ARP):
		return DP_KIND_ARP;
	}
	return DP_KIND_OTHER;
}

#define DP_TABLE_FIND(n, key)                                              \
	({                                                                 \
		u32 zero_ = 0;                                             \
		void *map_ = bpf_map_lookup_elem(&dp_table##n, &zero_);    \
		u32 *index_ = map_ ? bpf_map_lookup_elem(map_, (key)) : 0; \
		index_ ? *index_ : 0;                                      \
	})

/* Looks for a flow of a mask of more than seven words. */
__noinline u32 dp_find_long(u32 mask_id)
{
	struct dp_mask *m = bpf_map_lookup_elem(&dp_masks, &mask_id);
	struct dp_scratch *s = dp_this_cpu();
	struct bpf_iter_num it;
	u32 n, table, max;
	int *i;

	if (!m || !s)
		return 0;
	n = m->n_words;
	table = m->table;
	max = table == DP_TABLE_15 ? 15 : table == DP_TABLE_23 ? 23 : 80;
	s->gather.mask = mask_id;
	bpf_iter_num_new(&it, 0, max);
	while ((i = bpf_iter_num_next(&it))) {
		u32 k = *i;
		u64 w = 0;

		if (k >= ODP_WORDS)
			break;
		if (k < n) {
			if (k < DP_FLOW_WORDS)
				w = dp_word(s, m->off[k]) & m->mask[k];
			else
				w = dp_word(s, m->ext_off[k - DP_FLOW_WORDS]) & m->ext_mask[k - DP_FLOW_WORDS];
		}
		s->gather.w[k] = w;
	}
	bpf_iter_num_destroy(&it);
	if (table == DP_TABLE_15)
		return DP_TABLE_FIND(15, (struct dp_tkey15 *)&s->gather);
	if (table == DP_TABLE_23)
		return DP_TABLE_FIND(23, (struct dp_tkey23 *)&s->gather);
	return DP_TABLE_FIND(80, &s->gather);
}

/* Step 2: walks the masks.  Returns a flow index or 0. */
static __always_inline u32 dp_lookup_masks(struct dp_scratch *s)
{
	u32 kind = dp_kind_of(s), found = 0, walked = 0;
	struct bpf_iter_num it;
	int *i;

	bpf_iter_num_new(&it, 0, DP_MASKS);
	while ((i = bpf_iter_num_next(&it))) {
		u32 pos = *i, id, table;
		struct dp_mask_order *o = bpf_map_lookup_elem(&dp_mask_order, &pos);
		struct dp_mask *m;
		struct dp_tkey7 key;

		if (!o || !o->kinds)
			break;
		if (!(o->kinds & kind))
			continue;
		id = o->mask;
		m = bpf_map_lookup_elem(&dp_masks, &id);
		if (!m)
			break;
		walked++;
		table = m->table;
		if (table == DP_TABLE_3 || table == DP_TABLE_7) {
			key.mask = id;
#pragma unroll
			for (int k = 0; k < 7; k++)
				key.w[k] = dp_word(s, m->off[k]) & m->mask[k];
			if (table == DP_TABLE_3)
				found = DP_TABLE_FIND(3, (struct dp_tkey3 *)&key);
			else
				found = DP_TABLE_FIND(7, &key);
		} else {
			found = dp_find_long(id);
		}
		if (found) {
			__sync_fetch_and_add(&m->hits, 1);
			break;
		}
	}
	bpf_iter_num_destroy(&it);
	dp_count(DP_CNT_MASKS_WALKED, walked);
	return found;
}

#endif
