// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/**
 * OFPT_ROLE_REQUEST.
 *
 * @param generationId counts elections; {@link #NO_GENERATION} (or anything) with NOCHANGE and
 *     EQUAL
 */
public record RoleRequest(Role role, long generationId) implements OfMessage {
  /** OVS's answer while no controller has given a generation id. */
  public static final long NO_GENERATION = -1;

  @Override
  public Type type() {
    return Type.ROLE_REQUEST;
  }
}
