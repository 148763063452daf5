// SPDX-License-Identifier: Apache-2.0

/** The syntax of {@code ovs-ofctl}, parsed and printed. */
@NullMarked
package org.beeswitch.openflow.text;

import org.jspecify.annotations.NullMarked;
