// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import org.beeswitch.flow.Match;

/** A rule with nothing but what the classifier wants; different objects are different rules. */
final class TestRule implements Classifier.Rule {
  private final Match match;
  private final int priority;
  private final String name;

  TestRule(Match match, int priority, String name) {
    this.match = match;
    this.priority = priority;
    this.name = name;
  }

  @Override
  public Match match() {
    return match;
  }

  @Override
  public int priority() {
    return priority;
  }

  @Override
  public String toString() {
    return name + "/" + priority;
  }
}
