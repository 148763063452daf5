// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

/**
 * Text that is no flow, group, port, ... The message is the one that {@code ovs-ofctl} prints after
 * its own name; it names the offending text and the rule.
 */
public final class FlowSyntaxException extends Exception {
  private static final long serialVersionUID = 1;

  private final String text;

  public FlowSyntaxException(String message) {
    super(message);
    this.text = message;
  }

  /** The message, which there always is. */
  public String text() {
    return text;
  }

  /** {@code String.format} of the message. */
  @SuppressWarnings("AnnotateFormatMethod") // its annotation is no dependency of ours
  static FlowSyntaxException of(String format, Object... args) {
    return new FlowSyntaxException(String.format(format, args));
  }
}
