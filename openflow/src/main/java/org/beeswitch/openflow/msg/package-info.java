// SPDX-License-Identifier: Apache-2.0

/** The version-neutral message model: immutable records. */
@NullMarked
package org.beeswitch.openflow.msg;

import org.jspecify.annotations.NullMarked;
