// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/**
 * A message with its envelope.
 *
 * @param version number on the wire, {@link OfVersion}
 * @param xid transaction, as the requester chose it
 */
public record OfFrame(int version, int xid, OfMessage message) {}
