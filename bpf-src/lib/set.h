/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Actions that change the packet: SET of each key word that stands for header bytes, push and pop of a VLAN tag.
 *
 * Each computes the word's new value from the scratch key, stores the bytes that changed, corrects the checksums and
 * leaves the new value in the key.  Bytes are stored by helper, not through packet pointers: direct writes would make the
 * kernel unshare every packet of every flow at program entry, and clones after an output must not share what is changed.
 *
 * A SET of a header that the packet does not have (its flow's mask may not tell, as with an IP packet that is cut off) does
 * nothing, as in org.beeswitch.flow.PacketEditor, with which a property test compares all this.
 *
 * Each returns 0 or a drop reason.
 */
#ifndef LIB_SET_H
#define LIB_SET_H

#include "csum.h"
#include "parse.h"

/* Returned by what follows: the header is not there, and the key stays as it is. */
#define SET_ABSENT (-1)

/* Bytes of an Ethernet header with a tag. */
#define VLAN_ETH_LEN 18

static __always_inline int set_store(struct __sk_buff *skb, u32 ofs, const void *bytes, u32 n, u64 flags)
{
	return bpf_skb_store_bytes(skb, ofs, bytes, n, flags) ? DP_DROP_ACTION_FAILED : 0;
}

static __always_inline u32 set_proto(const struct dp_scratch *s)
{
	return s->w[ODP_W_NW] >> 24 & 0xff;
}

static __always_inline u16 set_eth_type(const struct dp_scratch *s)
{
	return s->w[ODP_W_ETH_DST_TYPE] >> 48;
}

static __always_inline bool set_is_arp(const struct dp_scratch *s)
{
	u16 type = set_eth_type(s);

	/* The parser notes an end only of an ARP packet whose fields are where we look for them. */
	return s->ip_end && (type == bpf_htons(ETH_P_ARP) || type == bpf_htons(ETH_P_RARP));
}

/* Bytes of the L4 header and its payload; 0: the packet has none. */
static __always_inline u32 set_l4_size(const struct dp_scratch *s)
{
	if (!s->l4_ofs || (s->w[ODP_W_NW] & NW_FRAG_LATER))
		return 0;
	return s->ip_end - s->l4_ofs;
}

/* The L4 checksum that covers a pseudo-header with the addresses; 0: none. */
static __always_inline u32 set_pseudo_csum_ofs(const struct dp_scratch *s)
{
	u32 proto = set_proto(s), size = set_l4_size(s);

	if (proto == IPPROTO_TCP && size >= 20)
		return s->l4_ofs + 16;
	if (proto == IPPROTO_UDP && size >= 8)
		return s->l4_ofs + 6;
	if (proto == IPPROTO_ICMPV6 && size >= 4 && set_eth_type(s) == bpf_htons(ETH_P_IPV6))
		return s->l4_ofs + 2;
	return 0;
}

static __always_inline u64 set_csum_flags(const struct dp_scratch *s)
{
	return set_proto(s) == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
}

/* IPv4 TOS and TTL, IPv6 traffic class, hop limit and label, ARP operation. */
static __always_inline int set_nw(struct __sk_buff *skb, const struct dp_scratch *s, u64 old, u64 new)
{
	u32 l3 = s->l3_ofs;
	int rc = 0;

	if (set_is_arp(s)) {
		u16 op = (new >> 24 & 0xff) << 8;

		return set_store(skb, l3 + 6, &op, 2, BPF_F_RECOMPUTE_CSUM);
	}
	if (!s->l4_ofs)
		return SET_ABSENT;
	if (set_eth_type(s) == bpf_htons(ETH_P_IP)) {
		u8 tos = new >> 8, ttl = new >> 16;

		if ((u8)(old >> 8) != tos) {
			if (bpf_l3_csum_replace(skb, l3 + 10, (old >> 8 & 0xff) << 8, (u32)tos << 8, 2))
				return DP_DROP_ACTION_FAILED;
			rc = set_store(skb, l3 + 1, &tos, 1, 0);
		}
		if (!rc && (u8)(old >> 16) != ttl) {
			if (bpf_l3_csum_replace(skb, l3 + 10, old >> 16 & 0xff, ttl, 2))
				return DP_DROP_ACTION_FAILED;
			rc = set_store(skb, l3 + 8, &ttl, 1, 0);
		}
	} else if (set_eth_type(s) == bpf_htons(ETH_P_IPV6)) {
		u8 hlim = new >> 16;
		u32 first;

		if ((old ^ new) & (0xff00ULL | (u64)bpf_htonl(0xfffff) << 32)) {
			/* The version stays what it is. */
			if (bpf_skb_load_bytes(skb, l3, &first, 4))
				return DP_DROP_ACTION_FAILED;
			first = (first & bpf_htonl(0xf0000000)) | bpf_htonl((u32)(new >> 8 & 0xff) << 20) |
				((u32)(new >> 32) & bpf_htonl(0xfffff));
			rc = set_store(skb, l3, &first, 4, BPF_F_RECOMPUTE_CSUM);
		}
		if (!rc && (u8)(old >> 16) != hlim)
			rc = set_store(skb, l3 + 7, &hlim, 1, BPF_F_RECOMPUTE_CSUM);
	}
	return rc;
}

/* IPv4 source and destination; ARP's protocol addresses. */
static __always_inline int set_ipv4(struct __sk_buff *skb, const struct dp_scratch *s, u64 old, u64 new)
{
	u32 l3 = s->l3_ofs, l4, diff, spa = new, tpa = new >> 32;
	int rc;

	if (set_is_arp(s)) {
		rc = set_store(skb, l3 + 14, &spa, 4, BPF_F_RECOMPUTE_CSUM);
		return rc ?: set_store(skb, l3 + 24, &tpa, 4, BPF_F_RECOMPUTE_CSUM);
	}
	if (!s->l4_ofs || set_eth_type(s) != bpf_htons(ETH_P_IP))
		return SET_ABSENT;
	diff = csum_diff(old, new);
	if (bpf_l3_csum_replace(skb, l3 + 10, 0, diff, 0))
		return DP_DROP_ACTION_FAILED;
	l4 = set_pseudo_csum_ofs(s);
	if (l4 && bpf_l4_csum_replace(skb, l4, 0, diff, BPF_F_PSEUDO_HDR | set_csum_flags(s)))
		return DP_DROP_ACTION_FAILED;
	return set_store(skb, l3 + 12, &new, 8, 0);
}

/*
 * Half an IPv6 address.  No header checksum takes up the difference, so it is stored with its sum, which the kernel then
 * takes back as one of the pseudo-header's.
 */
static __always_inline int set_ipv6(struct __sk_buff *skb, const struct dp_scratch *s, u32 word, u64 old, u64 new)
{
	u32 ofs = s->l3_ofs + 8 + (word - ODP_W_IPV6_SRC) * 8, l4 = set_pseudo_csum_ofs(s);

	if (!s->l4_ofs || set_eth_type(s) != bpf_htons(ETH_P_IPV6))
		return SET_ABSENT;
	/* On a source route the pseudo-header has the final destination, which is not this one. */
	if (word >= ODP_W_IPV6_DST && s->ext_routed)
		l4 = 0;
	if (l4 && bpf_l4_csum_replace(skb, l4, 0, csum_diff(old, new), BPF_F_PSEUDO_HDR | set_csum_flags(s)))
		return DP_DROP_ACTION_FAILED;
	return set_store(skb, ofs, &new, 8, BPF_F_RECOMPUTE_CSUM);
}

static __always_inline int set_sctp(struct __sk_buff *skb, const struct dp_scratch *s, u32 old, u32 new)
{
	struct sk_buff *k = bpf_cast_to_kern_ctx(skb);
	u32 crc, l4 = s->l4_ofs;

	/* Partial: the device or the kernel computes it at the end. */
	if (BPF_CORE_READ_BITFIELD(k, ip_summed) != CHECKSUM_PARTIAL) {
		if (bpf_skb_load_bytes(skb, l4 + 8, &crc, 4))
			return DP_DROP_ACTION_FAILED;
		crc ^= csum_crc32c_zeros(old ^ new, s->ip_end - l4);
		if (bpf_skb_store_bytes(skb, l4 + 8, &crc, 4, BPF_F_RECOMPUTE_CSUM))
			return DP_DROP_ACTION_FAILED;
	}
	return set_store(skb, l4, &new, 4, BPF_F_RECOMPUTE_CSUM);
}

/* Ports of TCP, UDP, SCTP; type and code of ICMP and ICMPv6. */
static __always_inline int set_tp(struct __sk_buff *skb, const struct dp_scratch *s, u64 old, u64 new)
{
	u32 proto = set_proto(s), l4 = s->l4_ofs, size = set_l4_size(s), ofs;

	if (size < (proto == IPPROTO_TCP ? 20 : proto == IPPROTO_SCTP ? 12 : 8))
		return SET_ABSENT;
	switch (proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP: {
		u32 ports = new;

		ofs = l4 + (proto == IPPROTO_TCP ? 16 : 6);
		if (bpf_l4_csum_replace(skb, ofs, 0, csum_diff((u32)old, ports), set_csum_flags(s)))
			return DP_DROP_ACTION_FAILED;
		return set_store(skb, l4, &ports, 4, 0);
	}
	case IPPROTO_SCTP:
		return set_sctp(skb, s, old, new);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: {
		u16 from = (old >> 8 & 0xff) | (old >> 24 & 0xff) << 8;
		u16 to = (new >> 8 & 0xff) | (new >> 24 & 0xff) << 8;

		if (bpf_l4_csum_replace(skb, l4 + 2, from, to, 2))
			return DP_DROP_ACTION_FAILED;
		return set_store(skb, l4, &to, 2, 0);
	}
	}
	return SET_ABSENT;
}

/* The ND option whose type, length and address are those eight bytes; 0: none. */
static __always_inline u32 set_nd_option(struct __sk_buff *skb, const struct dp_scratch *s, u64 wanted)
{
	u32 ofs = s->l4_ofs + 24, end = s->ip_end, found = 0;
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, PARSE_MAX_ND_OPTS);
	while (bpf_iter_num_next(&it)) {
		u64 option;
		u32 n;

		if (ofs > end || end - ofs < 8 || bpf_skb_load_bytes(skb, ofs, &option, 8))
			break;
		n = (option >> 8 & 0xff) * 8;
		if (!n || n > end - ofs)
			break;
		if (option == wanted) {
			found = ofs;
			break;
		}
		ofs += n;
	}
	bpf_iter_num_destroy(&it);
	return found;
}

/* Bytes of a neighbour discovery message: target (two words), sll, tll. */
static __noinline int set_nd(struct __sk_buff *skb, struct dp_scratch *s, u32 word, u64 old, u64 new)
{
	u32 ofs, size = set_l4_size(s), type = s->w[ODP_W_TP] >> 8 & 0xff, code = s->w[ODP_W_TP] >> 24 & 0xff;

	if (set_proto(s) != IPPROTO_ICMPV6 || size < 24 || (type != 135 && type != 136) || code)
		return SET_ABSENT;
	if (word == ODP_W_ARP_SHA || word == ODP_W_ARP_THA) {
		/* Type and length go with the address: sums are of even offsets. */
		u64 head = 1 << 8 | (word == ODP_W_ARP_SHA ? 1 : 2);

		old = old << 16 | head;
		new = new << 16 | head;
		ofs = set_nd_option(skb, s, old);
		if (!ofs)
			return SET_ABSENT;
	} else {
		ofs = s->l4_ofs + 8 + (word - ODP_W_ND_TARGET) * 8;
		/* Of an invalid message the key does not have the target. */
		if (bpf_skb_load_bytes(skb, ofs, &old, 8))
			return DP_DROP_ACTION_FAILED;
	}
	if (bpf_l4_csum_replace(skb, s->l4_ofs + 2, 0, csum_diff(old, new), 0))
		return DP_DROP_ACTION_FAILED;
	return set_store(skb, ofs, &new, 8, 0);
}

static __always_inline int set_arp_ha(struct __sk_buff *skb, struct dp_scratch *s, u32 word, u64 new)
{
	return set_store(skb, s->l3_ofs + (word == ODP_W_ARP_SHA ? 8 : 18), &new, 6, BPF_F_RECOMPUTE_CSUM);
}

/* The data moved under the headers by what a tag took or gave. */
static __always_inline void set_moved(struct __sk_buff *skb, struct dp_scratch *s, u32 len_before)
{
	u32 by = skb->len - len_before;

	s->l3_ofs += by;
	if (s->l4_ofs)
		s->l4_ofs += by;
	if (s->ip_end)
		s->ip_end += by;
}

/* 'arg' is tpid:16 tci:16, host order. */
static __noinline int dp_push_vlan(struct __sk_buff *skb, struct dp_scratch *s, u32 arg)
{
	u32 len = skb->len;

	if (bpf_skb_vlan_push(skb, bpf_htons(arg >> 16), arg & 0xefff))
		return DP_DROP_ACTION_FAILED;
	s->w[ODP_W_VLANS] = s->w[ODP_W_VLANS] << 32 | bpf_htons(arg >> 16) | (u32)bpf_htons(arg | 0x1000) << 16;
	set_moved(skb, s, len);
	return 0;
}

/* After a pop, which may have brought a tag to light that was the third one and not in the key. */
static __always_inline u64 set_read_vlans(struct __sk_buff *skb)
{
	u64 outer, inner = 0;

	/* The kernel has moved the next tag into metadata. */
	if (!skb->vlan_present)
		return 0;
	outer = (u16)skb->vlan_proto | (u32)bpf_htons(skb->vlan_tci | 0x1000) << 16;
	if (skb->len >= VLAN_ETH_LEN && !bpf_skb_load_bytes(skb, 12, &inner, 4) && parse_is_vlan(inner))
		outer |= (inner | bpf_htonl(0x1000)) << 32;
	return outer;
}

static __noinline int dp_pop_vlan(struct __sk_buff *skb, struct dp_scratch *s)
{
	u32 len = skb->len;

	if (!(s->w[ODP_W_VLANS] & bpf_htonl(0x1000)))
		return 0;
	/* It also fails after it has taken the tag off: what is behind says that it is one more, and is cut off. */
	if (bpf_skb_vlan_pop(skb) && (skb->vlan_present || skb->len >= VLAN_ETH_LEN))
		return DP_DROP_ACTION_FAILED;
	s->w[ODP_W_VLANS] = set_read_vlans(skb);
	set_moved(skb, s, len);
	return 0;
}

/* The outermost tag: the kernel has no way to change one but to take it off and put another on. */
static __always_inline int set_vlan(struct __sk_buff *skb, struct dp_scratch *s, u64 new)
{
	u32 arg = bpf_ntohs((u16) new) << 16 | bpf_ntohs((u16)(new >> 16));
	int rc;

	if (!(s->w[ODP_W_VLANS] & bpf_htonl(0x1000)))
		return 0;
	rc = dp_pop_vlan(skb, s);
	return rc ?: dp_push_vlan(skb, s, arg);
}

static __noinline int dp_set(struct __sk_buff *skb, struct dp_scratch *s, struct odp_action *a)
{
	u32 word = a->word;
	u64 old, new;
	int rc;

	if (word >= ODP_WORDS)
		return DP_DROP_BAD_ACTION;
	old = s->w[word];
	new = (old & ~a->mask) | (a->value & a->mask);
	/* ARP's operation is there, but IP's protocol cannot be set. */
	if (word == ODP_W_NW && !set_is_arp(s))
		new = (new & ~0xff000000ULL) | (old & 0xff000000);
	if (old == new)
		return 0;
	switch (word) {
	case ODP_W_ETH_DST_TYPE:
		/* Not part of any checksum that the kernel keeps at this place. */
		rc = set_store(skb, 0, &new, 6, 0);
		break;
	case ODP_W_ETH_SRC:
		rc = set_store(skb, 6, &new, 6, 0);
		break;
	case ODP_W_VLANS:
		/* Leaves the key as it is then. */
		return set_vlan(skb, s, new);
	case ODP_W_NW:
		rc = set_nw(skb, s, old, new);
		break;
	case ODP_W_IPV4:
		rc = set_ipv4(skb, s, old, new);
		break;
	case ODP_W_IPV6_SRC:
	case ODP_W_IPV6_SRC + 1:
	case ODP_W_IPV6_DST:
	case ODP_W_IPV6_DST + 1:
		rc = set_ipv6(skb, s, word, old, new);
		break;
	case ODP_W_TP:
		rc = set_tp(skb, s, old, new);
		break;
	case ODP_W_ARP_SHA:
	case ODP_W_ARP_THA:
		rc = set_is_arp(s) ? set_arp_ha(skb, s, word, new) : set_nd(skb, s, word, old, new);
		break;
	case ODP_W_ND_TARGET:
	case ODP_W_ND_TARGET + 1:
		rc = set_nd(skb, s, word, old, new);
		break;
	case ODP_W_SKB:
		skb->mark = bpf_ntohl((u32) new);
		skb->priority = bpf_ntohl((u32)(new >> 32));
		rc = 0;
		break;
	default:
		rc = DP_DROP_BAD_ACTION;
	}
	if (rc == SET_ABSENT)
		return 0;
	if (!rc)
		s->w[word] = new;
	return rc;
}

#endif
