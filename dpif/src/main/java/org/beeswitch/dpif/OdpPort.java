// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

/**
 * A datapath's number for a port: dense from 1, given by the datapath, the same after a restart,
 * never the ifindex. Not an OpenFlow port number: which (bridge, OpenFlow port) it is, is
 * translation's business. 0 is never a port.
 */
public record OdpPort(int number) implements Comparable<OdpPort> {
  /** Ports that one datapath can have. */
  public static final int MAX = 4095;

  public OdpPort {
    if (number < 1 || number > MAX) {
      throw new IllegalArgumentException("datapath port number " + number + " is not in 1.." + MAX);
    }
  }

  @Override
  public int compareTo(OdpPort o) {
    return Integer.compare(number, o.number);
  }

  @Override
  public String toString() {
    return Integer.toString(number);
  }
}
