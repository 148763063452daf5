// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

/**
 * What a datapath has itself carried for one of its ports, GSO packets counted as one.
 *
 * @param rxPackets received from the device
 * @param txDropped not sent: too long, or refused by the device
 */
public record PortStats(
    long rxPackets, long rxBytes, long txPackets, long txBytes, long txDropped) {}
