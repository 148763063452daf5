// SPDX-License-Identifier: Apache-2.0

/** Tuple space search over rules, reporting the bits it looked at. */
@NullMarked
package org.beeswitch.ofproto.classifier;

import org.jspecify.annotations.NullMarked;
