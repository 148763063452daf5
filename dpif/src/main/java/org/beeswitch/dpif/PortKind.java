// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

/** What a datapath port stands for. */
public enum PortKind {
  /** An existing Linux device. */
  SYSTEM,
  /**
   * A device that the datapath makes and removes: a bridge's LOCAL port, a host's way into the
   * switch.
   */
  INTERNAL
}
