// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.beeswitch.openflow.channel.RconnSettings;
import org.beeswitch.openflow.tls.TlsSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
  @TempDir Path dir;

  private ConfigFile read(String toml) throws Exception {
    Path file = dir.resolve("b.toml");
    Files.writeString(file, toml);
    return ConfigFile.read(file);
  }

  @Test
  void theExampleIsRead() throws Exception {
    Path root = Path.of(System.getProperty("beeswitch.root", ".."));
    ConfigFile f = ConfigFile.read(root.resolve("conf/beeswitch.toml"));
    assertThat(f.datapath()).isEqualTo("netdev");
    assertThat(f.configuration().bridges())
        .extracting(BridgeConfig::name)
        .containsExactly("br0", "br1");
    BridgeConfig br0 = f.configuration().bridges().get(0);
    assertThat(br0.dpid()).isEqualTo(1L);
    assertThat(br0.ports()).containsExactly(new PortConfig("to-br1", 10, "to-br0"));
    assertThat(br0.controllers())
        .extracting(c -> c.target().text())
        .isEqualTo(List.of("ptcp:6653:127.0.0.1"));
  }

  @Test
  void whatIsNotSaidIsAsOvs() throws Exception {
    ConfigFile f = read("[[bridge]]\nname = \"br0\"\n");
    assertThat(f.datapath()).isNull();
    assertThat(f.rundir()).isNull();
    assertThat(f.configuration().bridges()).containsExactly(BridgeConfig.of("br0"));
  }

  @Test
  void pathsAreRelativeToTheFile() throws Exception {
    ConfigFile f = read("rundir = \"r\"\n[[bridge]]\nname = \"br0\"\nflows = \"f\"\n");
    assertThat(f.rundir()).isEqualTo(dir.resolve("r"));
    assertThat(f.configuration().bridges().get(0).flows()).isEqualTo(dir.resolve("f"));
  }

  @Test
  void aControllerSaysHowItsConnectionIsKept() throws Exception {
    ConfigFile f =
        read(
            "[[bridge]]\nname = \"br0\"\n"
                + "controllers = [\"tcp:h\", {target = \"ssl:h\", max-backoff = 3000},"
                + " {target = \"ptcp:\", inactivity-probe = 0}]\n");
    assertThat(f.configuration().bridges().get(0).controllers())
        .extracting(
            c -> c.target().text(),
            c -> c.settings(RconnSettings.CONTROLLER).maxBackoffS(),
            c -> c.settings(RconnSettings.CONTROLLER).probeIntervalS())
        .containsExactly(tuple("tcp:h", 8, 5), tuple("ssl:h", 3, 5), tuple("ptcp:", 8, 0));
  }

  @Test
  void tlsIsSaidForAllBridges() throws Exception {
    String files = "[ssl]\nprivate-key = \"k\"\ncertificate = \"/c\"\nca-cert = \"ca\"\n";
    TlsSettings both =
        new TlsSettings(
            dir.resolve("k"), Path.of("/c"), dir.resolve("ca"), false, TlsSettings.PROTOCOLS);
    assertThat(read(files).configuration().tls()).isEqualTo(both);
    assertThat(read(files + "bootstrap-ca-cert = true\nprotocols = [\"TLSv1.3\"]\n"))
        .extracting(f -> f.configuration().tls())
        .isEqualTo(
            new TlsSettings(
                both.privateKey(), both.certificate(), both.caCert(), true, List.of("TLSv1.3")));
    assertThat(read("").configuration().tls()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "datapth = \"bpf\" | unknown key \"datapth\"",
        "[[bridge]]\\nport = [] | [[bridge]] 1 has no name",
        "[[bridge]]\\nname = 7 | name is not a string",
        "[bridge]\\nname = \"br0\" | bridge is not a list",
        "[[bridge]]\\nname = \"br0\"\\nfail-mode = \"open\" | neither standalone nor secure",
        "[[bridge]]\\nname = \"br0\"\\ndpid = \"zz\" | datapath id \"zz\"",
        "[[bridge]]\\nname = \"br0\"\\n[[bridge.port]]\\nname = \"p\"\\nofport = \"1\" | no number",
        "[[bridge]]\\nname = \"br0\"\\ncontrollers = [\"x\"] | target \"x\"",
        "[ssl]\\nprivate-key = \"k\"\\nca-cert = \"c\" | [ssl] has no certificate",
        "[ssl]\\nkey = \"k\" | unknown key \"key\"",
        "[[bridge]]\\nname = \"br0\"\\ncontrollers = [7] | neither a string in quotes nor a table",
        "[[bridge]]\\nname = \"br0\"\\ncontrollers = [{}] | has no target",
        "[[bridge]]\\n"
            + "name = \"br0\"\\n"
            + "controllers = [{target = \"tcp:h\", max-backoff = 9}] | less than 1000 ms",
        "x = = 1 | b.toml:1",
      })
  void mistakesAreNamed(String toml, String complaint) {
    assertThatThrownBy(() -> read(toml.replace("\\n", "\n")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(complaint)
        .hasMessageNotContaining("\n");
  }
}
