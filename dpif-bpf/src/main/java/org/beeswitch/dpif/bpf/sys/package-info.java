// SPDX-License-Identifier: Apache-2.0

/** libbpf and system calls: the only package of this module that touches jnr-ffi. */
@NullMarked
package org.beeswitch.dpif.bpf.sys;

import org.jspecify.annotations.NullMarked;
