// SPDX-License-Identifier: Apache-2.0

/** What a packet is: fields, flows, masks, matches, the parser, the builder and checksums. */
@NullMarked
package org.beeswitch.flow;

import org.jspecify.annotations.NullMarked;
