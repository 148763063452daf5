// SPDX-License-Identifier: Apache-2.0

/**
 * TLS for OpenFlow connections: who we are and whom we trust, from files in PEM, and a TLS client
 * on a socket. The switch's own connections are in {@link org.beeswitch.openflow.channel}.
 */
@NullMarked
package org.beeswitch.openflow.tls;

import org.jspecify.annotations.NullMarked;
