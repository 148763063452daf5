// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          tcp:127.0.0.1,         false, false, 127.0.0.1,  6653
          tcp:127.0.0.1:6633,    false, false, 127.0.0.1,  6633
          tcp:host.example:1,    false, false, host.example, 1
          tcp:[::1]:6633,        false, false, ::1,        6633
          tcp:[::1],             false, false, ::1,        6653
          tcp:fe80::1,           false, false, fe80::1,    6653
          ssl:127.0.0.1:6633,    false, true,  127.0.0.1,  6633
          ptcp:,                 true,  false, ,           6653
          ptcp:0,                true,  false, ,           0
          ptcp:6633,             true,  false, ,           6633
          ptcp:6633:127.0.0.1,   true,  false, 127.0.0.1,  6633
          ptcp:6633:[::],        true,  false, ::,         6633
          ptcp::127.0.0.1,       true,  false, 127.0.0.1,  6653
          ptcp:fe80::1,          true,  false, fe80::1,    6653
          pssl:6633,             true,  true,  ,           6633
          """)
  void internetTargetsAreReadAsOvsReadsThem(
      String text, boolean passive, boolean tls, String host, int port) {
    assertThat(Target.parse(text)).isEqualTo(new Target.Inet(text, passive, tls, host, port));
  }

  @Test
  void unixTargetsAreAPath() {
    assertThat(Target.parse("unix:/run/x:y"))
        .isEqualTo(new Target.Unix("unix:/run/x:y", false, "/run/x:y"));
    assertThat(Target.parse("punix:br0.mgmt"))
        .isEqualTo(new Target.Unix("punix:br0.mgmt", true, "br0.mgmt"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "tcp",
        "127.0.0.1",
        "udp:127.0.0.1",
        "tcp:",
        "tcp::6633",
        "tcp:h:0",
        "tcp:h:65536",
        "tcp:h:-1",
        "tcp:h:x",
        "tcp:[::1",
        "ptcp:x",
        "ptcp:70000",
        "unix:",
        "punix:"
      })
  void whatIsNoTargetIsRefusedWithItsText(String text) {
    assertThatThrownBy(() -> Target.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("target \"" + text + "\": ");
  }
}
