// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.controllers.Program;

/**
 * A machine of its own, a namespace, for daemons: with ports p1 and p2, which are wires to two
 * hosts, and what it takes to see whether something was left behind.
 */
final class Machine extends Installation {
  final TestNetns host1;
  final TestNetns host2;

  Machine(Datapath datapath) throws IOException {
    super(datapath);
    this.host1 = host(1);
    this.host2 = host(2);
  }

  private TestNetns host(int n) {
    TestNetns host = TestNetns.create();
    host.veth("eth0", netns, "p" + n);
    host.address("eth0", "10.0.0." + n + "/24");
    return host;
  }

  /** One echo, answered within a second or not. */
  boolean pings() {
    return pings(1);
  }

  /** One echo, answered within so many seconds or not. */
  boolean pings(int seconds) {
    try {
      host1.exec("ping", "-n", "-c", "1", "-W", String.valueOf(seconds), "10.0.0.2");
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  void awaitPing() throws Exception {
    Await.until("host 1 pings host 2", this::pings);
  }

  /**
   * Devices, their qdiscs and what is attached to them; whether a wire is up is the hosts' affair.
   */
  String devices() {
    String links =
        netns
            .exec("ip", "-br", "link")
            .replaceAll(" +(UP|DOWN|UNKNOWN|LOWERLAYERDOWN) +", " ")
            .replaceAll("NO-CARRIER,|,LOWER_UP", "");
    StringBuilder s = new StringBuilder(links);
    s.append(netns.exec("tc", "qdisc", "show"));
    for (String port : List.of("p1", "p2")) {
      s.append(netns.exec("tc", "filter", "show", "dev", port, "ingress"));
      // The TCX programs of a device are not tc's to show.
      s.append(netns.exec("sh", "-c", "bpftool net show dev " + port + " 2>/dev/null || true"));
    }
    return s.toString();
  }

  /** Names in the rundir; none if there is no rundir. */
  List<String> files() throws IOException {
    if (!Files.isDirectory(rundir())) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(rundir())) {
      return all.map(p -> String.valueOf(p.getFileName())).sorted().toList();
    }
  }

  /** A daemon ends with status 1 and one line, and has left nothing on the machine as it was. */
  void assertRefused(Program daemon, String complaint, String devicesBefore) throws Exception {
    assertThat(daemon.awaitEnd()).as("status of %s", daemon).isEqualTo(1);
    assertThat(daemon.lines())
        .singleElement()
        .asString()
        .startsWith("beeswitchd: ")
        .contains(complaint);
    assertThat(files()).isEmpty();
    assertThat(devices()).isEqualTo(devicesBefore);
  }

  @Override
  public void close() throws Exception {
    stopAll();
    host1.close();
    host2.close();
    super.close();
  }
}
