/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Reads a frame's headers into the scratch key: the twin of org.beeswitch.flow.FlowParser, whose Javadoc has the rules.
 * Change them there first; a property test compares the two bit by bit.
 *
 * Here, too, "size" is what is left of the frame (or of the IP packet) from the cursor on, and decides what is parsed.  It
 * is about skb->len: of a packet with fragments only the head is linear, and the program can look at no more.  Where a
 * header is in the frame but not in the linear part the parser gives up with PARSE_PULL, the entry program makes all of it
 * linear and begins again.  So the key never depends on how the kernel happens to store a packet.
 *
 * The key's words are composed in registers and stored whole: a load that spans several smaller stores stalls.
 *
 * Hit path (Ethernet, up to two VLAN tags, ARP, IPv4, IPv6, TCP, UDP, SCTP, ICMP) in line; what is rare is in functions
 * that the verifier looks at once.
 */
#ifndef LIB_PARSE_H
#define LIB_PARSE_H

#include "maps.h"

#define PARSE_OK 0
#define PARSE_PULL 1

#define ETH_P_PBB 0x88e7
#define ETH_P_NSH_ 0x894f
#define ETH_P_NO_LLC_SNAP 0x05ff /* OVS FLOW_DL_TYPE_NONE */

#define NW_FRAG_ANY 1
#define NW_FRAG_LATER 2

#define PARSE_MAX_EXT_HDRS 8
#define PARSE_MAX_ND_OPTS 8

/* ipv6_exthdr (OF 1.3.5, OFPIEH_*) */
#define EXT_NONEXT (1 << 0)
#define EXT_ESP (1 << 1)
#define EXT_AUTH (1 << 2)
#define EXT_DEST (1 << 3)
#define EXT_FRAG (1 << 4)
#define EXT_ROUTER (1 << 5)
#define EXT_HOP (1 << 6)
#define EXT_UNREP (1 << 7)
#define EXT_UNSEQ (1 << 8)

/* Largest offset of a header: eight extension headers of 2,048 bytes, and then some. */
#define PARSE_MAX_OFS 0x7fff

/*
 * 'n' bytes at an offset, or 0 if they are not linear.  An empty asm keeps clang from joining the bound with other
 * conditions, which the verifier could not follow.
 */
static __always_inline void *parse_at(struct __sk_buff *skb, u32 ofs, u32 n)
{
	void *data = (void *)(long)*(volatile u32 *)&skb->data;
	void *end = (void *)(long)*(volatile u32 *)&skb->data_end;
	void *p;

	ofs &= PARSE_MAX_OFS;
	asm volatile("" : "+r"(ofs));
	p = data + ofs;
	return p + n > end ? 0 : p;
}

static __always_inline bool parse_is_vlan(u16 type_be)
{
	return type_be == bpf_htons(ETH_P_8021Q) || type_be == bpf_htons(ETH_P_8021AD);
}

static __always_inline bool parse_is_ext(u32 proto)
{
	return proto == 0 || proto == 43 || proto == 44 || proto == 51 || proto == 60;
}

/* MPLS, PBB, NSH: keys without L3. */
__noinline int parse_rare(struct __sk_buff *skb, u32 ofs, u32 eth_type)
{
	struct dp_scratch *s = dp_this_cpu();
	u32 len = skb->len, size = len - ofs;
	u64 *q;

	if (!s || ofs > len)
		return PARSE_OK;
	s->rare = 1;
	if (eth_type == ETH_P_MPLS_UC || eth_type == ETH_P_MPLS_MC) {
		u32 lse[3] = {0, 0, 0};

		for (int i = 0; i < 3 && size >= 4; i++, ofs += 4, size -= 4) {
			u32 *p = parse_at(skb, ofs, 4);

			if (!p)
				return PARSE_PULL;
			lse[i] = *p;
			if (lse[i] & bpf_htonl(0x100))
				break;
		}
		s->w[ODP_W_MPLS01] = lse[0] | (u64)lse[1] << 32;
		s->w[ODP_W_MPLS2] = lse[2];
	} else if (eth_type == ETH_P_PBB) {
		if (size < 18)
			return PARSE_OK;
		void *p = parse_at(skb, ofs, 18);

		if (!p)
			return PARSE_PULL;
		s->w[ODP_W_PBB] = *(u32 *)p | (u64) * (u16 *)(p + 16) << 32;
		s->w[ODP_W_PBB_C_DST] = *(u64 *)(p + 4) & MAC_BYTES;
		s->w[ODP_W_PBB_C_SRC] = *(u64 *)(p + 10) & MAC_BYTES;
	} else { /* NSH */
		if (size < 8)
			return PARSE_OK;
		q = parse_at(skb, ofs, 8);
		if (!q)
			return PARSE_PULL;
		u64 base = *q;
		u32 head = bpf_ntohs((u16)base), n = (head & 0x3f) * 4;
		u32 mdtype = base >> 16 & 0xff;

		if (n > size || (head & 0xc000))
			return PARSE_OK;
		if (mdtype == 1) {
			if (n != 24)
				return PARSE_OK;
			q = parse_at(skb, ofs, 24);
			if (!q)
				return PARSE_PULL;
			s->w[ODP_W_NSH_CONTEXT] = q[1];
			s->w[ODP_W_NSH_CONTEXT + 1] = q[2];
		} else if (mdtype == 2 && n < 8) {
			return PARSE_OK;
		}
		s->w[ODP_W_NSH] = (head & 0x3000) >> 12 | (head & 0x0fc0) >> 6 << 8 | (base & 0xffffffffffff0000ULL);
	}
	return PARSE_OK;
}

static __always_inline void parse_ext_ranked(struct dp_scratch *s, u32 bit, u32 rank)
{
	u32 bits = s->ext_bits, last = s->ext_rank;

	if (bits & bit)
		bits |= EXT_UNREP;
	if (rank < last)
		bits |= EXT_UNSEQ;
	s->ext_bits = bits | bit;
	if (rank > last)
		s->ext_rank = rank;
}

/*
 * Walks IPv6 extension headers from s->l4_ofs to where the walk ends.  Returns 0 (s->l4_ofs, ext_proto, ext_frag, ext_bits
 * are set), PARSE_PULL, or 2: the headers are cut off.
 */
__noinline int parse_ipv6_ext(struct __sk_buff *skb)
{
	struct dp_scratch *s = dp_this_cpu();
	struct bpf_iter_num it;
	int rc = 0, *i;

	if (!s)
		return 2;
	s->ext_bits = 0;
	s->ext_rank = 0;
	s->ext_dests = 0;
	s->ext_frag = 0;
	s->ext_routed = 0;
	bpf_iter_num_new(&it, 0, PARSE_MAX_EXT_HDRS);
	while ((i = bpf_iter_num_next(&it))) {
		u32 proto = s->ext_proto, ofs = s->l4_ofs, end = s->ip_end, n;
		u8 *p;

		if (!parse_is_ext(proto))
			break;
		if (ofs > end || end - ofs < 8) {
			rc = 2;
			break;
		}
		p = parse_at(skb, ofs, 8);
		if (!p) {
			rc = PARSE_PULL;
			break;
		}
		s->ext_proto = p[0];
		n = (p[1] + 1) * 8;
		if (proto == 0) {
			if (*i == 0) {
				s->ext_bits |= EXT_HOP;
				s->ext_rank = 1;
			} else {
				s->ext_bits |= s->ext_bits & EXT_HOP ? EXT_UNREP | EXT_UNSEQ : EXT_UNSEQ;
			}
		} else if (proto == 60) {
			s->ext_dests++;
			s->ext_bits |= s->ext_dests > 2 ? EXT_DEST | EXT_UNREP : EXT_DEST;
			s->ext_rank = s->ext_rank < 2 ? 2 : 7;
		} else if (proto == 43) {
			parse_ext_ranked(s, EXT_ROUTER, 3);
			s->ext_routed |= p[3];
		} else if (proto == 51) {
			parse_ext_ranked(s, EXT_AUTH, 5);
			n = (p[1] + 2) * 4;
		} else {
			u32 fo = bpf_ntohs(*(u16 *)(p + 2));

			parse_ext_ranked(s, EXT_FRAG, 4);
			n = 8;
			if (fo)
				s->ext_frag = NW_FRAG_ANY;
			if (fo & 0xfff8) {
				s->ext_frag = NW_FRAG_ANY | NW_FRAG_LATER;
				s->ext_proto = 44;
			}
		}
		if (n > end - ofs) {
			rc = 2;
			break;
		}
		s->l4_ofs = ofs + n;
		if (s->ext_frag & NW_FRAG_LATER)
			break;
	}
	bpf_iter_num_destroy(&it);
	if (s->ext_proto == 50)
		parse_ext_ranked(s, EXT_ESP, 6);
	else if (s->ext_proto == 59)
		s->ext_bits |= EXT_NONEXT;
	return rc;
}

/* IGMP, and neighbour discovery behind an ICMPv6 header with code 0. */
__noinline int parse_nd_igmp(struct __sk_buff *skb, u32 ofs, u32 proto)
{
	struct dp_scratch *s = dp_this_cpu();
	u64 opt = 0, t0, t1, *q;
	struct bpf_iter_num it;
	bool valid = true;
	u32 end, *p;
	int *i, rc = PARSE_OK;

	if (!s)
		return PARSE_OK;
	end = s->ip_end;
	p = parse_at(skb, ofs, 8);
	if (!p)
		return PARSE_PULL;
	s->rare = 1;
	if (proto == 2) {
		s->w[ODP_W_ND_IGMP] = (u64)p[1] << 32;
		return PARSE_OK;
	}
	s->w[ODP_W_ND_IGMP] = p[1];
	ofs += 8;
	if (ofs > end || end - ofs < 16)
		return PARSE_OK;
	q = parse_at(skb, ofs, 16);
	if (!q)
		return PARSE_PULL;
	t0 = q[0];
	t1 = q[1];
	s->w[ODP_W_ARP_SHA] = 0;
	s->w[ODP_W_ARP_THA] = 0;
	ofs += 16;
	bpf_iter_num_new(&it, 0, PARSE_MAX_ND_OPTS);
	while ((i = bpf_iter_num_next(&it))) {
		u64 o, mac;
		u32 n;

		if (ofs > end || end - ofs < 8)
			break;
		q = parse_at(skb, ofs, 8);
		if (!q) {
			rc = PARSE_PULL;
			break;
		}
		o = *q;
		n = (o >> 8 & 0xff) * 8;
		if (!n || n > end - ofs)
			break;
		mac = o >> 16;
		/* Addresses stand in the scratch so that the verifier need not follow them. */
		if (n == 8 && (o & 0xff) == 1) {
			if (s->w[ODP_W_ARP_SHA]) {
				valid = false;
				break;
			}
			s->w[ODP_W_ARP_SHA] = mac;
			opt = opt ? opt : 1;
		} else if (n == 8 && (o & 0xff) == 2) {
			if (s->w[ODP_W_ARP_THA]) {
				valid = false;
				break;
			}
			s->w[ODP_W_ARP_THA] = mac;
			opt = opt ? opt : 2;
		}
		ofs += n;
	}
	bpf_iter_num_destroy(&it);
	if (valid) {
		s->w[ODP_W_ND_TARGET] = t0;
		s->w[ODP_W_ND_TARGET + 1] = t1;
	} else {
		s->w[ODP_W_ARP_SHA] = 0;
		s->w[ODP_W_ARP_THA] = 0;
	}
	s->w[ODP_W_TP] |= (opt << 8) << 32; /* big-endian 16 bits in the third half-word */
	return rc;
}

/* L4 at s->l4_ofs, for packets that are no later fragment.  'tp' is what the word has already (ipv6_exthdr). */
static __always_inline int parse_l4(struct __sk_buff *skb, struct dp_scratch *s, u32 proto, u64 tp)
{
	u32 ofs = s->l4_ofs, size = s->ip_end - ofs;
	u32 need = proto == IPPROTO_TCP ? 20 : proto == IPPROTO_SCTP ? 12 : 8;
	void *p;

	s->w[ODP_W_TP] = tp;
	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP && proto != IPPROTO_ICMP && proto != IPPROTO_SCTP &&
	    proto != IPPROTO_ICMPV6 && proto != IPPROTO_IGMP)
		return PARSE_OK;
	if (size < need)
		return PARSE_OK;
	if (proto == IPPROTO_TCP) {
		u32 hl;

		p = parse_at(skb, ofs, 20);
		if (!p)
			return PARSE_PULL;
		hl = (*(u8 *)(p + 12) >> 4) * 4;
		if (hl < 20 || size < hl)
			return PARSE_OK;
		s->w[ODP_W_TP] = tp | *(u32 *)p | (u64)(*(u16 *)(p + 12) & bpf_htons(0x0fff)) << 32;
		return PARSE_OK;
	}
	p = parse_at(skb, ofs, 8);
	if (!p)
		return PARSE_PULL;
	if (proto == IPPROTO_UDP || proto == IPPROTO_SCTP) {
		s->w[ODP_W_TP] = tp | *(u32 *)p;
		return PARSE_OK;
	}
	/* Type and code, each a byte, in 16 bits each. */
	u32 type = *(u8 *)p, code = *(u8 *)(p + 1);

	s->w[ODP_W_TP] = tp | type << 8 | (u64)code << 24;
	if (proto == IPPROTO_IGMP || (proto == IPPROTO_ICMPV6 && code == 0 && (type == 135 || type == 136)))
		return parse_nd_igmp(skb, ofs, proto);
	return PARSE_OK;
}

static __always_inline int parse_ipv4(struct __sk_buff *skb, struct dp_scratch *s, u32 ofs, u32 size)
{
	u32 ihl, total, proto, frag = 0;
	u16 off;
	u8 *p;

	if (size < 20)
		return PARSE_OK;
	p = parse_at(skb, ofs, 20);
	if (!p)
		return PARSE_PULL;
	ihl = (p[0] & 15) * 4;
	total = bpf_ntohs(*(u16 *)(p + 2));
	if (ihl < 20 || size < ihl || total > size || ihl > total || size - total > 65535)
		return PARSE_OK;
	off = *(u16 *)(p + 6);
	if (off & bpf_htons(0x3fff))
		frag = off & bpf_htons(0x1fff) ? NW_FRAG_ANY | NW_FRAG_LATER : NW_FRAG_ANY;
	proto = p[9];
	s->w[ODP_W_NW] = frag | p[1] << 8 | p[8] << 16 | (u64)proto << 24;
	s->w[ODP_W_IPV4] = *(u64 *)(p + 12);
	s->l4_ofs = ofs + ihl;
	s->ip_end = ofs + total;
	if (frag & NW_FRAG_LATER)
		return PARSE_OK;
	return parse_l4(skb, s, proto, 0);
}

static __always_inline int parse_ipv6(struct __sk_buff *skb, struct dp_scratch *s, u32 ofs, u32 size)
{
	u32 plen, proto, first, hlim;
	u64 ext = 0, frag = 0, *q;
	u8 *p;

	if (size < 40)
		return PARSE_OK;
	p = parse_at(skb, ofs, 40);
	if (!p)
		return PARSE_PULL;
	plen = bpf_ntohs(*(u16 *)(p + 4));
	if (plen + 40 > size || size - (plen + 40) > 65535)
		return PARSE_OK;
	q = (u64 *)(p + 8);
	s->w[ODP_W_IPV6_SRC] = q[0];
	s->w[ODP_W_IPV6_SRC + 1] = q[1];
	s->w[ODP_W_IPV6_DST] = q[2];
	s->w[ODP_W_IPV6_DST + 1] = q[3];
	s->l4_ofs = ofs + 40;
	s->ip_end = ofs + 40 + plen;
	first = bpf_ntohl(*(u32 *)p);
	proto = p[6];
	hlim = p[7];
	s->ext_routed = 0;
	if (parse_is_ext(proto) || proto == 50 || proto == 59) {
		s->ext_proto = proto;
		int rc = parse_ipv6_ext(skb);

		if (rc == PARSE_PULL)
			return PARSE_PULL;
		if (rc) {
			s->l4_ofs = 0;
			return PARSE_OK;
		}
		proto = s->ext_proto;
		frag = s->ext_frag;
		ext = (u64)bpf_htons(s->ext_bits) << 48;
	}
	s->w[ODP_W_NW] = frag | (first >> 20 & 0xff) << 8 | hlim << 16 | (u64)proto << 24 |
			 (u64)bpf_htonl(first & 0xfffff) << 32;
	if (frag & NW_FRAG_LATER) {
		s->w[ODP_W_TP] = ext;
		return PARSE_OK;
	}
	return parse_l4(skb, s, proto, ext);
}

static __always_inline int parse_arp(struct __sk_buff *skb, struct dp_scratch *s, u32 ofs, u32 size)
{
	u32 op;
	u8 *p;

	if (size < 28)
		return PARSE_OK;
	p = parse_at(skb, ofs, 28);
	if (!p)
		return PARSE_PULL;
	/* hrd 1, pro 0x0800, hln 6, pln 4 */
	if (*(u32 *)p != bpf_htonl(0x00010800) || *(u16 *)(p + 4) != bpf_htons(0x0604))
		return PARSE_OK;
	s->rare = 1;
	s->ip_end = ofs + 28;
	op = bpf_ntohs(*(u16 *)(p + 6));
	s->w[ODP_W_NW] = op <= 255 ? (u64)op << 24 : 0;
	s->w[ODP_W_IPV4] = *(u32 *)(p + 14) | (u64) * (u32 *)(p + 24) << 32;
	s->w[ODP_W_ARP_SHA] = *(u64 *)(p + 8) & MAC_BYTES;
	s->w[ODP_W_ARP_THA] = *(u64 *)(p + 18) & MAC_BYTES;
	return PARSE_OK;
}

/* Words 1 .. 20 and NSH of the key, and where the headers are. */
static __always_inline int parse_frame(struct __sk_buff *skb, struct dp_scratch *s)
{
	u32 len = *(volatile u32 *)&skb->len, ofs = 12, n = 0;
	u64 vlans = 0;
	u16 type;
	u8 *p;

#pragma unroll
	for (int i = ODP_W_ETH_DST_TYPE; i <= ODP_W_TP; i++)
		s->w[i] = 0;
	if (s->rare) {
		s->rare = 0;
#pragma unroll
		for (int i = ODP_W_ARP_SHA; i <= ODP_W_PBB_C_SRC; i++)
			s->w[i] = 0;
#pragma unroll
		for (int i = ODP_W_NSH; i <= ODP_W_NSH_CONTEXT + 1; i++)
			s->w[i] = 0;
	}
	s->l3_ofs = 0;
	s->l4_ofs = 0;
	s->ip_end = 0;
	if (len < 14)
		return PARSE_OK;
	p = parse_at(skb, 0, 14);
	if (!p)
		return PARSE_PULL;
	u64 dst = *(u64 *)p & MAC_BYTES;

	s->w[ODP_W_ETH_SRC] = *(u64 *)(p + 6) & MAC_BYTES;
	type = *(u16 *)(p + 12);
	if (skb->vlan_present) {
		vlans = (u16)skb->vlan_proto | (u64)bpf_htons(skb->vlan_tci | 0x1000) << 16;
		n = 1;
	}
	/* A tag in the data: with none in metadata only when the frame comes from a test. */
	if (parse_is_vlan(type) && len >= 18) {
		p = parse_at(skb, 14, 4);
		if (!p)
			return PARSE_PULL;
		vlans |= ((u64)type | (u64)(*(u16 *)p | bpf_htons(0x1000)) << 16) << (n ? 32 : 0);
		type = *(u16 *)(p + 2);
		ofs = 16;
		if (!n && parse_is_vlan(type) && len >= 22) {
			p = parse_at(skb, 18, 4);
			if (!p)
				return PARSE_PULL;
			vlans |= ((u64)type | (u64)(*(u16 *)p | bpf_htons(0x1000)) << 16) << 32;
			type = *(u16 *)(p + 2);
			ofs = 20;
		}
	}
	s->w[ODP_W_VLANS] = vlans;
	ofs += 2;
	if (bpf_ntohs(type) < 0x600) {
		type = bpf_htons(ETH_P_NO_LLC_SNAP);
		if (len - ofs >= 8) {
			u64 *q = parse_at(skb, ofs, 8);

			if (!q)
				return PARSE_PULL;
			if ((*q & MAC_BYTES) == 0x00000003aaaaULL) {
				u16 snap = *q >> 48;

				if (bpf_ntohs(snap) >= 0x600)
					type = snap;
				ofs += 8;
			}
		}
	}
	s->w[ODP_W_ETH_DST_TYPE] = dst | (u64)type << 48;
	s->l3_ofs = ofs;
	switch (type) {
	case bpf_htons(ETH_P_IP):
		return parse_ipv4(skb, s, ofs, len - ofs);
	case bpf_htons(ETH_P_IPV6):
		return parse_ipv6(skb, s, ofs, len - ofs);
	case bpf_htons(ETH_P_ARP):
	case bpf_htons(ETH_P_RARP):
		return parse_arp(skb, s, ofs, len - ofs);
	case bpf_htons(ETH_P_MPLS_UC):
	case bpf_htons(ETH_P_MPLS_MC):
	case bpf_htons(ETH_P_PBB):
	case bpf_htons(ETH_P_NSH_):
		return parse_rare(skb, ofs, bpf_ntohs(type));
	}
	return PARSE_OK;
}

/* What the packet's metadata says (words 0, 21, 22). */
static __always_inline void parse_metadata(struct __sk_buff *skb, struct dp_scratch *s, u32 in_port)
{
	s->in_port = in_port;
	s->w[ODP_W_PORT_RECIRC] = bpf_htonl(in_port);
	s->w[ODP_W_SKB] = bpf_htonl(skb->mark) | (u64)bpf_htonl(skb->priority) << 32;
	s->w[ODP_W_TYPE_HASH] = 0;
}

#endif
