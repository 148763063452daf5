// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

/** Something that happened to a network device. */
public sealed interface LinkEvent {
  /** The device, as it is now or last was. */
  Link link();

  /** A device is there: new, moved into this namespace, or found when the monitor began. */
  record Added(Link link) implements LinkEvent {}

  /** Name, flags, MTU, MAC, carrier or another property of {@link Link} is different. */
  record Changed(Link before, Link link) implements LinkEvent {}

  /** The device is gone: deleted, or moved to another namespace. */
  record Removed(Link link) implements LinkEvent {}
}
