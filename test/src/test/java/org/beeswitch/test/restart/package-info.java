// SPDX-License-Identifier: Apache-2.0

/** A daemon that is killed, ends or fails to start, and one that comes after it. */
@NullMarked
package org.beeswitch.test.restart;

import org.jspecify.annotations.NullMarked;
