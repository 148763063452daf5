// SPDX-License-Identifier: Apache-2.0

/** The daemon under everything at once, for as long as one wishes. */
@NullMarked
package org.beeswitch.test.soak;

import org.jspecify.annotations.NullMarked;
