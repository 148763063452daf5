/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What we use of the kernel itself: kfuncs, and fields of its structs that __sk_buff does not show.  The structs hold only
 * the fields named here; their offsets are relocated against the running kernel's BTF at load (CO-RE).
 */
#ifndef LIB_KERN_H
#define LIB_KERN_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "beeswitch_abi.h"

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef _Bool bool;
#define true 1
#define false 0

struct sk_buff {
	unsigned char *head;
	unsigned char *data;
	unsigned int end;
	u16 csum_start;
	u16 csum_offset;
	u8 ip_summed : 2;
	u8 csum_not_inet : 1;
} __attribute__((preserve_access_index));

struct skb_shared_info {
	unsigned int gso_type;
} __attribute__((preserve_access_index));

#define CHECKSUM_PARTIAL 3

#define IPPROTO_ICMP 1
#define IPPROTO_IGMP 2
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ICMPV6 58
#define IPPROTO_SCTP 132

extern void *bpf_cast_to_kern_ctx(void *obj) __ksym;
extern void *bpf_rdonly_cast(const void *obj, u32 btf_id) __ksym;

/* libbpf 1.1 does not declare open-coded iterators. */
struct bpf_iter_num {
	u64 opaque[1];
} __attribute__((aligned(8)));
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;

#ifndef BPF_F_MMAPABLE
#define BPF_F_MMAPABLE (1U << 10)
#endif

#define MAC_BYTES 0x0000ffffffffffffULL

/*
 * What the programs return.  A tcx program must not say TC_ACT_STOLEN: tcx takes it as "next program", and the packet
 * would go on into the host's stack.
 */
#define CONSUMED TC_ACT_SHOT

#endif
