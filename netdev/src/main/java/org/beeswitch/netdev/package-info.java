// SPDX-License-Identifier: Apache-2.0

/** Linux network devices as the switch uses them. */
@NullMarked
package org.beeswitch.netdev;

import org.jspecify.annotations.NullMarked;
