// SPDX-License-Identifier: Apache-2.0

/**
 * Beeswitch beside a real Open vSwitch: the same tables, packets, messages and commands to both,
 * and the answers compared. Differences are allowed only where {@code docs/departures.md} has them.
 */
@NullMarked
package org.beeswitch.test.ovs;

import org.jspecify.annotations.NullMarked;
