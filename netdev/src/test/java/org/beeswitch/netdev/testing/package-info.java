// SPDX-License-Identifier: Apache-2.0

/** Namespaces and frames for the tests of this module and of those above it. */
@NullMarked
package org.beeswitch.netdev.testing;

import org.jspecify.annotations.NullMarked;
