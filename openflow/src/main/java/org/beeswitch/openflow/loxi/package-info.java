// SPDX-License-Identifier: Apache-2.0

/** Messages read and written by openflowj, whose types never leave this package. */
@NullMarked
package org.beeswitch.openflow.loxi;

import org.jspecify.annotations.NullMarked;
