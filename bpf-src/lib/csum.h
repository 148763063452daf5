/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Checksums after a change: Internet checksums by difference, SCTP's CRC32c by linearity.
 *
 * What the kernel may keep of a packet besides the field itself, and who keeps it right: CHECKSUM_PARTIAL (the field has
 * the pseudo-header's sum alone): bpf_l4_csum_replace changes it only for differences in the pseudo-header.
 * CHECKSUM_COMPLETE (the sum of all bytes behind the Ethernet header): a change and its checksum cancel out, so nothing is
 * to be done, but for differences that no checksum in the packet takes up, which are stored with BPF_F_RECOMPUTE_CSUM.
 */
#ifndef LIB_CSUM_H
#define LIB_CSUM_H

#include "maps.h"

/* Difference of Internet checksums, to be added, when eight bytes change. */
static __always_inline u32 csum_diff(u64 old, u64 new)
{
	u64 sum = (u64)(u32)~old + (u32) ~(old >> 32) + (u32) new + (u32)(new >> 32);

	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	return sum;
}

/*
 * The CRC32c register after 'n' more zero bytes.  2^k zero bytes multiply the register by x^(8 * 2^k) modulo the
 * polynomial; so one multiplication for each bit of n, each of 32 steps, in one flat loop.
 */
__noinline u32 csum_crc32c_zeros(u32 crc, u32 n)
{
	/* Reflected: bit 31 is x^0. */
	static const u32 pow[17] = {
		0x00800000, 0x00008000, 0x82f63b78, 0x6ea2d55c, 0x18b8ea18, 0x510ac59a,
		0xb82be955, 0xb8fdb1e7, 0x88e56f72, 0x74c360a4, 0xe4172b16, 0x0d65762a,
		0x35d73a62, 0x28461564, 0xbf455269, 0xe2ea32dc, 0xfe7740e6,
	};
	/* The factor (high half) and the product so far: one value, so that the verifier sees a loop that converges. */
	u64 state = (u64)crc << 32;
	struct bpf_iter_num it;
	int *i;

	bpf_iter_num_new(&it, 0, 17 * 32);
	while ((i = bpf_iter_num_next(&it))) {
		u32 k = *i >> 5, bit = *i & 31, factor = state >> 32, product = state;

		if (k > 16)
			break;
		if (!(n >> k & 1))
			continue;
		product = (product >> 1) ^ (product & 1 ? 0x82f63b78 : 0);
		if (pow[k] >> bit & 1)
			product ^= factor;
		if (bit == 31) {
			factor = product;
			product = 0;
		}
		state = (u64)factor << 32 | product;
	}
	bpf_iter_num_destroy(&it);
	return state >> 32;
}

#endif
