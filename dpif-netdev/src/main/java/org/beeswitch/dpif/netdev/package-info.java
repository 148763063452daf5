// SPDX-License-Identifier: Apache-2.0

/** The datapath in userspace memory: the fake that is also a product. */
@NullMarked
package org.beeswitch.dpif.netdev;

import org.jspecify.annotations.NullMarked;
