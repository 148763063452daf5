// SPDX-License-Identifier: Apache-2.0

/**
 * Targets of {@code bin/fuzz}: laws that hold for any bytes, one class each, in the form that
 * Jazzer calls. What it found on its way is kept in {@code resources/fuzz} and replayed by {@link
 * org.beeswitch.test.fuzz.FuzzCorpusTest}.
 */
@NullMarked
package org.beeswitch.test.fuzz;

import org.jspecify.annotations.NullMarked;
