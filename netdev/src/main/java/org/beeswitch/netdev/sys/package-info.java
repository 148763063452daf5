// SPDX-License-Identifier: Apache-2.0

/**
 * System calls and netlink messages for {@code netdev}: the only package of this module that
 * touches jnr-ffi. Not for use outside {@code netdev}, other than by its tests' helpers.
 */
@NullMarked
package org.beeswitch.netdev.sys;

import org.jspecify.annotations.NullMarked;
