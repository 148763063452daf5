// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Real hosts talk through the kernel side. */
@Tag("system")
class ForwardingTest {
  private Lab lab;

  @BeforeEach
  void connect() throws Exception {
    lab = Lab.create(2);
  }

  @AfterEach
  void disconnect() throws Exception {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void hostsPingThroughTwoFlowsAndEveryPacketIsCounted() {
    int there = lab.wire(0, 1);
    int back = lab.wire(1, 0);
    long missed = lab.dpif.stats().missed(); // The hosts may have said something before.
    assertThat(lab.hosts.get(0).exec("ping", "-c3", "-i0.02", "-W2", lab.address(1)))
        .contains("3 received");
    assertThat(lab.hosts.get(0).exec("ping", "-6", "-c3", "-i0.02", "-W2", "fd00::2"))
        .contains("3 received");
    assertThat(lab.stats(there).packets).isGreaterThanOrEqualTo(6);
    assertThat(lab.stats(back).packets).isGreaterThanOrEqualTo(6);
    assertThat(lab.stats(there).bytes).isGreaterThanOrEqualTo(6 * 98);
    assertThat(System.nanoTime() - lab.stats(there).usedNs).isBetween(0L, 5_000_000_000L);
    assertThat(lab.dpif.stats().missed()).isEqualTo(missed);
    assertThat(lab.dpif.stats().flows()).isEqualTo(2);
    assertThat(lab.dpif.stats().masks()).isEqualTo(1);
  }

  @Test
  void aMissComesUpWithItsPortAndGoesOnByExecute() throws Exception {
    Process ping = lab.hosts.get(0).start("ping", "-c1", "-W5", lab.address(1));
    Lab.UpcallCopy miss = lab.awaitUpcall(u -> u.kind == UpcallKind.MISS);
    assertThat(miss.metadata.inPort()).isEqualTo(lab.port(0));
    assertThat(lab.wire(0, 1)).isPositive();
    assertThat(lab.wire(1, 0)).isPositive();
    OdpActions out = new OdpActions();
    out.output(lab.port(1));
    OdpKey metadata = miss.metadata;
    assertThat(lab.dpif.execute(0, miss.packet, metadata, out)).isZero();
    assertThat(ping.waitFor()).isZero();
    assertThat(lab.dpif.stats().missed()).isPositive();
  }
}
