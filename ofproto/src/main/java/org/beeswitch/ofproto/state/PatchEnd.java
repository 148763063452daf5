// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.state;

/**
 * One end of a patch between two bridges, which exists only in translation: no device counts for
 * it, so it counts itself.
 *
 * @param peerBridge number of the bridge of the other end
 * @param peerOfPort OpenFlow port of the other end
 */
public record PatchEnd(int peerBridge, int peerOfPort, Counter rx, Counter tx) {}
