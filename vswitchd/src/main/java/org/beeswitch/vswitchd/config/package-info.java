// SPDX-License-Identifier: Apache-2.0

/** What the switch is to be, as a value; where it comes from; how two of them differ. */
@NullMarked
package org.beeswitch.vswitchd.config;

import org.jspecify.annotations.NullMarked;
