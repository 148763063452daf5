// SPDX-License-Identifier: Apache-2.0

/** The tc-eBPF datapath. */
@NullMarked
package org.beeswitch.dpif.bpf;

import org.jspecify.annotations.NullMarked;
