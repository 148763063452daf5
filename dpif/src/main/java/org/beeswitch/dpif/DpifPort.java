// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

/**
 * A port of a datapath.
 *
 * @param ifindex of the device that the host sees; 0 while the device is gone, or for a port
 *     without a Linux device
 */
public record DpifPort(OdpPort number, String name, PortKind kind, int ifindex) {}
