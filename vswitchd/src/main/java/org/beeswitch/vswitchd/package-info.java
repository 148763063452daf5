// SPDX-License-Identifier: Apache-2.0

/** The daemon: configuration, control sockets, start and stop. */
@NullMarked
package org.beeswitch.vswitchd;

import org.jspecify.annotations.NullMarked;
