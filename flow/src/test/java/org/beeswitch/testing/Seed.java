// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.testing;

import java.util.Random;
import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropagationMode;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/**
 * The seed of a test run, and the only source of randomness that a test may use.
 *
 * <p>{@code bin/test} chooses one number, prints it and hands it to every test JVM as {@code
 * beeswitch.seed}; the same number repeats the run. Each user derives its own sequence from it and
 * its name, so that adding a test does not change what another one draws. As a jqwik hook (found as
 * a service) it does the same for every property that does not fix a seed itself.
 */
public final class Seed implements AroundPropertyHook {
  private static final long SEED = Long.getLong("beeswitch.seed", 1);

  /** Also caps properties that name a number of tries themselves. */
  private static final int MAX_TRIES = Integer.getInteger("beeswitch.maxTries", Integer.MAX_VALUE);

  /** A generator for the test {@code name}: the same numbers in every run with the same seed. */
  public static Random random(String name) {
    return new Random(derive(name));
  }

  /** How often to repeat a random case that is not a jqwik property; {@code --quick} lowers it. */
  public static int tries() {
    return Math.min(Integer.getInteger("beeswitch.tries", 1000), MAX_TRIES);
  }

  /**
   * How much of something a test does: {@code usual} in {@code bin/test}, {@code soak} in {@code
   * bin/soak}, which runs the tests tagged {@code soak} at their full length.
   */
  public static int sized(int usual, int soak) {
    return Boolean.getBoolean("beeswitch.soak") ? soak : usual;
  }

  @Override
  public PropertyExecutionResult aroundProperty(
      PropertyLifecycleContext context, PropertyExecutor property) {
    if (context.attributes().seed().isEmpty()) {
      String name = context.containerClass().getName() + "#" + context.targetMethod().getName();
      context.attributes().setSeed(Long.toString(derive(name)));
    }
    context
        .attributes()
        .tries()
        .ifPresent(tries -> context.attributes().setTries(Math.min(tries, MAX_TRIES)));
    return property.execute();
  }

  @Override
  public PropagationMode propagateTo() {
    return PropagationMode.ALL_DESCENDANTS;
  }

  private static long derive(String name) {
    long hash = SEED;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
    }
    // Names that differ in one letter must not get seeds that differ in a few bits.
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    return hash ^ (hash >>> 33);
  }
}
