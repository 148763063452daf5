// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/**
 * Which asynchronous messages a connection gets. Each mask has bit r set if the message is wanted
 * for reason r (an ordinal of its {@code Reason}); one mask while the connection is primary or
 * equal, one while it is secondary.
 */
public record AsyncConfig(
    int packetIn,
    int packetInSecondary,
    int portStatus,
    int portStatusSecondary,
    int flowRemoved,
    int flowRemovedSecondary) {}
