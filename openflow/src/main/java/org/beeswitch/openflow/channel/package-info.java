// SPDX-License-Identifier: Apache-2.0

/** Connections: active and passive, TCP and unix, probes and back-off. */
@NullMarked
package org.beeswitch.openflow.channel;

import org.jspecify.annotations.NullMarked;
