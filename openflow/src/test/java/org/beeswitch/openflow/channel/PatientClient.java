// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Connects again if the first greeting fails: a switch waits a second for its peer's HELLO, and a
 * machine that stands still for so long, or loads classes, is not what tests are about.
 */
public final class PatientClient {
  private static final int TRIES = 3;

  private PatientClient() {}

  /** As {@link OfClient#connect}; throws what the last try threw. */
  public static <I, O> OfClient<I, O> connect(
      Target target, Path rundir, MessageCodec<I, O> codec, Duration timeout) throws IOException {
    return connect(target, rundir, codec, timeout, TRIES);
  }

  public static <I, O> OfClient<I, O> connect(
      Target target, Path rundir, MessageCodec<I, O> codec, Duration timeout, int tries)
      throws IOException {
    for (int left = tries; ; left--) {
      try {
        return OfClient.connect(target, rundir, VersionSet.OF13, codec, timeout);
      } catch (IOException e) {
        if (left == 1) {
          throw e;
        }
      }
    }
  }
}
