// SPDX-License-Identifier: Apache-2.0

/** BPF maps as typed Java objects. */
@NullMarked
package org.beeswitch.dpif.bpf.map;

import org.jspecify.annotations.NullMarked;
