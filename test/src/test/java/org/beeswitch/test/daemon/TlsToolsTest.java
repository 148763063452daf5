// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.openflow.tls.Pki;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.controllers.Program;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Open vSwitch's own programs and a real controller, over TLS and by other ways to connect. */
@Tag("system")
class TlsToolsTest {
  @TempDir Path dir;
  private Pki pki;

  /** Of a program of Open vSwitch's, of beectl and of the daemon alike. */
  private List<String> as(String who, String... before) {
    List<String> c = new ArrayList<>(List.of(before));
    c.addAll(List.of("--private-key=" + pki.key(who), "--certificate=" + pki.certificate(who)));
    c.add("--ca-cert=" + pki.certificate("ca"));
    return c;
  }

  private static String[] with(List<String> words, String... more) {
    List<String> c = new ArrayList<>(words);
    c.addAll(List.of(more));
    return c.toArray(String[]::new);
  }

  /**
   * On each way into the switch its own kind of peer; the keys change while it runs, and the
   * controllers, of which there are several at the end.
   */
  @Test
  void realProgramsSpeakTls() throws Exception {
    pki = new Pki(dir).selfSigned("ca").selfSigned("other-ca").issueRsa("switch", "ca");
    pki.issueRsa("controller", "ca").issue("foreign", "other-ca");
    try (Machine m = new Machine(Datapath.NETDEV)) {
      Program d =
          m.startReady(
              with(
                  as("switch"),
                  "--bridge=br0",
                  "--port=p1=1",
                  "--port=p2=2",
                  "--controller=pssl:6700:127.0.0.1",
                  "--controller=ptcp:6701:[::1]"));
      String ssl = "ssl:127.0.0.1:6700";
      String[] ofctl = with(as("controller", "ovs-ofctl", "-O", "OpenFlow13"), "show", ssl);
      assertThat(m.netns.exec(ofctl)).contains("OFPT_FEATURES_REPLY (OF1.3)");
      String beectl = Machine.ROOT.resolve("bin/beectl").toString();
      assertThat(m.netns.exec(with(as("controller", beectl), "show", ssl)))
          .contains("OFPT_FEATURES_REPLY (OF1.3)");
      assertThat(m.netns.exec("ovs-ofctl", "-O", "OpenFlow13", "show", "tcp:[::1]:6701"))
          .contains("OFPT_FEATURES_REPLY (OF1.3)");

      assertThat(m.beectl("get-ssl")).contains("Private key: " + pki.key("switch"));
      String foreign =
          "ovs-ofctl -O OpenFlow13 --private-key=%s --certificate=%s --ca-cert=%s show %s"
              .formatted(
                  pki.key("foreign"), pki.certificate("foreign"), pki.certificate("ca"), ssl);
      assertThat(m.netns.exec("sh", "-c", "! " + foreign + " 2>&1")).contains("ovs-ofctl:");
      Await.until("the refusal is in the log", () -> d.printed("TLS: "));
      assertThat(m.beectl("coverage")).containsPattern("openflow_tls_handshakes_failed +[1-9]");

      m.run("ovs-testcontroller", testController(m, "6702"));
      m.run("osken", osken());
      m.beectl("set-controller", "br0", "ssl:127.0.0.1:6702", "ssl:127.0.0.1:6703", "punix:more");
      for (String target : List.of("ssl:127.0.0.1:6702", "ssl:127.0.0.1:6703")) {
        Await.until(
            target + " admits the switch",
            () -> lines(m.beectl("show-controllers")).anyMatch(l -> admits(l, target)));
      }
      m.awaitPing();
      assertThat(m.beectl("dump-flows", "br0")).contains("CONTROLLER");
      assertThat(m.netns.exec("ovs-ofctl", "-O", "OpenFlow13", "show", "unix:" + in(m, "more")))
          .contains("OFPT_FEATURES_REPLY (OF1.3)");
      for (String socket : List.of("br0.mgmt", "br0.snoop", "more")) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(in(m, socket))))
            .as(socket)
            .isEqualTo("rwx------");
      }
      m.beectl("del-controller", "br0");
      m.beectl("del-ssl");
      assertThat(m.beectl("get-ssl")).isEmpty();
      assertThat(Files.exists(in(m, "more"))).isFalse();
    }
  }

  private static boolean admits(String line, String target) {
    return line.contains(target) && line.contains("admitted");
  }

  private static java.util.stream.Stream<String> lines(String s) {
    return s.lines();
  }

  private static Path in(Machine m, String name) {
    return m.rundir().resolve(name);
  }

  private String[] testController(Machine m, String port) {
    return with(
        as("controller", "ovs-testcontroller", "-O", "OpenFlow13"),
        "--unixctl=" + m.dir().resolve("controller.ctl"),
        "pssl:" + port + ":127.0.0.1");
  }

  /** A learning switch of Debian's os-ken, on the TLS side of its listener. */
  private String[] osken() throws IOException {
    Path app =
        Files.writeString(
            dir.resolve("learns.py"),
            """
            from os_ken.base import app_manager
            from os_ken.controller import ofp_event
            from os_ken.controller.handler import CONFIG_DISPATCHER, set_ev_cls
            from os_ken.ofproto import ofproto_v1_3

            class App(app_manager.OSKenApp):
                OFP_VERSIONS = [ofproto_v1_3.OFP_VERSION]

                @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
                def features(self, ev):
                    dp = ev.msg.datapath
                    dp.send_msg(dp.ofproto_parser.OFPBarrierRequest(dp))
            """);
    return new String[] {
      "/usr/bin/python3",
      "/usr/bin/osken-manager",
      "--ofp-ssl-listen-port=6703",
      "--ctl-privkey=" + pki.key("controller"),
      "--ctl-cert=" + pki.certificate("controller"),
      "--ca-certs=" + pki.certificate("ca"),
      app.toString()
    };
  }
}
