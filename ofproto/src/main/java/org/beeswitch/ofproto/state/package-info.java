// SPDX-License-Identifier: Apache-2.0

/**
 * The switch's state as translation sees it: immutable snapshots of tables, ports and the MAC
 * table, published by one writer.
 */
@NullMarked
package org.beeswitch.ofproto.state;

import org.jspecify.annotations.NullMarked;
