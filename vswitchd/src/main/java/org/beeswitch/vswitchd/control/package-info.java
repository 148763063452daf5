// SPDX-License-Identifier: Apache-2.0

/** The control socket: unixctl JSON-RPC, and the commands behind it. */
@NullMarked
package org.beeswitch.vswitchd.control;

import org.jspecify.annotations.NullMarked;
