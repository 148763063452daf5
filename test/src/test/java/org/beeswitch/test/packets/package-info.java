// SPDX-License-Identifier: Apache-2.0

/** A whole switch in the test's process, real packets through it, on each datapath. */
@NullMarked
package org.beeswitch.test.packets;

import org.jspecify.annotations.NullMarked;
