// SPDX-License-Identifier: Apache-2.0

/** Immutable maps whose edits share what did not change: the parts of a snapshot. */
@NullMarked
package org.beeswitch.ofproto.persistent;

import org.jspecify.annotations.NullMarked;
