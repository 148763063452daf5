// SPDX-License-Identifier: Apache-2.0

/** Handlers, revalidators and ukeys. */
@NullMarked
package org.beeswitch.ofproto.upcall;

import org.jspecify.annotations.NullMarked;
