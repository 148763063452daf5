// SPDX-License-Identifier: Apache-2.0

/** OpenFlow numbers and types that every part of the protocol shares. */
@NullMarked
package org.beeswitch.openflow;

import org.jspecify.annotations.NullMarked;
