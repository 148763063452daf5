// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class LogWatchTest {
  private static final Logger log = LoggerFactory.getLogger(LogWatchTest.class);

  @Test
  @ExpectedLog("the roof leaks")
  void anExpectedWarningPasses() {
    log.warn("the roof leaks");
  }

  @Test
  void informationPasses() {
    log.info("no WARNING at all");
  }

  @Test
  @ExpectedLog("the cellar is wet")
  void anUnexpectedWarningFails() {
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    var request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(Leaky.class))
            .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "true")
            .build();
    var config =
        LauncherConfig.builder()
            // Its results are not results of this run.
            .enableTestExecutionListenerAutoRegistration(false)
            .build();
    LauncherFactory.create(config).execute(request, summary);
    assertThat(summary.getSummary().getTestsFailedCount()).isEqualTo(1);
    assertThat(summary.getSummary().getFailures().get(0).getException())
        .hasMessageContaining("the cellar is wet");
  }

  /** Not found by surefire, whose classes end in Test. */
  static class Leaky {
    @Test
    void logs() {
      log.warn("the cellar is wet");
    }
  }
}
