// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Tests that each have a {@link Lab} of two hosts of their own. */
abstract class BetweenTwoHosts {
  Lab lab;

  @BeforeEach
  final void connect() throws Exception {
    lab = Lab.create(2);
  }

  @AfterEach
  final void disconnect() throws Exception {
    if (lab != null) {
      lab.close();
    }
  }
}
