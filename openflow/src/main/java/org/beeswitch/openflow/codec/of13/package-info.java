// SPDX-License-Identifier: Apache-2.0

/** The OpenFlow 1.3 codec, validating in the order of Open vSwitch. */
@NullMarked
package org.beeswitch.openflow.codec.of13;

import org.jspecify.annotations.NullMarked;
