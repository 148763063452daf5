// SPDX-License-Identifier: Apache-2.0

/** The command line tool {@code beectl}. */
@NullMarked
package org.beeswitch.cli;

import org.jspecify.annotations.NullMarked;
