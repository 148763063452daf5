// SPDX-License-Identifier: Apache-2.0

/**
 * System calls and netlink for {@code netdev}: the only package of this module that touches
 * jnr-ffi.
 */
@NullMarked
package org.beeswitch.netdev.sys;

import org.jspecify.annotations.NullMarked;
