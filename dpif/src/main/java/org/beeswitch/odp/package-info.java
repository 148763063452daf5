// SPDX-License-Identifier: Apache-2.0

/** Datapath keys, actions and their text. */
@NullMarked
package org.beeswitch.odp;

import org.jspecify.annotations.NullMarked;
