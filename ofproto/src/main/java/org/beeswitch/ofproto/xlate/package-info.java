// SPDX-License-Identifier: Apache-2.0

/**
 * Translation of rules to datapath actions: the one place where OpenFlow and datapath words meet.
 */
@NullMarked
package org.beeswitch.ofproto.xlate;

import org.jspecify.annotations.NullMarked;
