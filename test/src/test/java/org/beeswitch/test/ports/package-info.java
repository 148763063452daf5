// SPDX-License-Identifier: Apache-2.0

/** Ports, patches and bridges that change while traffic runs. */
@NullMarked
package org.beeswitch.test.ports;

import org.jspecify.annotations.NullMarked;
