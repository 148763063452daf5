// SPDX-License-Identifier: Apache-2.0

/** The datapath interface. */
@NullMarked
package org.beeswitch.dpif;

import org.jspecify.annotations.NullMarked;
