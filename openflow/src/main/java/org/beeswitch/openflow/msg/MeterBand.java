// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/**
 * One band of a meter.
 *
 * @param rate kbit/s or packets/s, unsigned
 * @param burst kbit or packets
 * @param precLevel steps by which DSCP_REMARK raises the drop precedence; 0 with DROP
 */
public record MeterBand(Type type, int rate, int burst, int precLevel) {
  /** Types of bands, by (number on the wire - 1). */
  public enum Type {
    DROP,
    DSCP_REMARK
  }
}
