// SPDX-License-Identifier: Apache-2.0

/** The daemon as a process: start, end, bad input, changes while it runs. */
@NullMarked
package org.beeswitch.test.daemon;

import org.jspecify.annotations.NullMarked;
