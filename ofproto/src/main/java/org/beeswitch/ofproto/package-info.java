// SPDX-License-Identifier: Apache-2.0

/** The OpenFlow switch: bridges, tables, rules, ports. */
@NullMarked
package org.beeswitch.ofproto;

import org.jspecify.annotations.NullMarked;
