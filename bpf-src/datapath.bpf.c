// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int dp_ingress(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_OK;
}

/* What the kernel reads to decide which helpers a program may call; see LICENSES.md. */
char _license[] SEC("license") = "Dual BSD/GPL";
