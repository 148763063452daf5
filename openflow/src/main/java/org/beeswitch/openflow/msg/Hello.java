// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/**
 * OFPT_HELLO: what the sender can speak (OF 1.3.5, 6.3.1).
 *
 * @param versions bit v is set if version v on the wire is spoken; at least one
 */
public record Hello(int versions) implements OfMessage {
  public Hello {
    if (versions == 0) {
      throw new IllegalArgumentException("a HELLO that offers no version");
    }
  }

  /** Whether version {@code v} ({@link OfVersion}) is offered. */
  public boolean offers(int v) {
    return (versions >>> v & 1) != 0;
  }

  @Override
  public Type type() {
    return Type.HELLO;
  }
}
