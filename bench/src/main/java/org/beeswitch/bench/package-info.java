// SPDX-License-Identifier: Apache-2.0

/** Benchmarks: a claim about speed quotes one. */
@NullMarked
package org.beeswitch.bench;

import org.jspecify.annotations.NullMarked;
