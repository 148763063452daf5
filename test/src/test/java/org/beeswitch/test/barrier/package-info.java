// SPDX-License-Identifier: Apache-2.0

/**
 * What a barrier reply promises, shown with numbered packets through a switch that runs as a
 * process of its own.
 */
@NullMarked
package org.beeswitch.test.barrier;

import org.jspecify.annotations.NullMarked;
