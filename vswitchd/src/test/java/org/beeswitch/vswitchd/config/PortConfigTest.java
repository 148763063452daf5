// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PortConfigTest {
  private static PortConfig words(String text) throws ConfigException {
    return PortConfig.parse(List.of(text.split(" ")));
  }

  @Test
  void aDeviceMayAskForANumber() throws ConfigException {
    assertThat(PortConfig.parse("p1")).isEqualTo(new PortConfig("p1", null, null));
    assertThat(PortConfig.parse("p1=65279")).isEqualTo(new PortConfig("p1", 65_279, null));
    assertThat(words("p1 ofport_request=7")).isEqualTo(new PortConfig("p1", 7, null));
  }

  @Test
  void aPatchPortIsSaidInThreeWays() throws ConfigException {
    PortConfig patch = new PortConfig("a", 7, "b");
    assertThat(PortConfig.parsePatch("a=7:b")).isEqualTo(patch);
    assertThat(words("a=7 type=patch options:peer=b")).isEqualTo(patch);
    assertThat(words("a -- set interface a type=patch options:peer=b ofport_request=7"))
        .isEqualTo(patch);
    assertThat(words("a=7 -- set Interface a type=patch options:peer=b")).isEqualTo(patch);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "p1=0 | is not in 1..65279",
        "p1=65280 | is not in 1..65279",
        "p1=x | DEVICE or DEVICE=N",
        "sixteen-letters-x | 1 to 15 bytes",
        "a type=patch | go together",
        "a options:peer=b | go together",
        "a type=patch options:peer=a | leads to another port",
        "a type=patch options:peer=a/b | cannot be the name",
        "a type=vxlan | \"type=vxlan\" is none of",
        "a=1 ofport_request=2 | \"ofport_request=2\" is none of",
        "a -- set interface b type=patch | \"--\" is none of",
      })
  void whatIsWrongIsSaid(String text, String complaint) {
    assertThatThrownBy(() -> words(text))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(complaint);
  }

  @Test
  void whatWouldEndTheLineIsShown() {
    assertThatThrownBy(() -> PortConfig.parse("a\r\u2028\u0085\u001b"))
        .hasMessageContaining("\"a\\u000D\\u2028\\u0085\\u001B\" cannot be")
        .hasMessageNotContaining("\r");
  }

  @Test
  void aPatchWithoutPeerIsWrong() {
    assertThatThrownBy(() -> PortConfig.parsePatch("a=7")).hasMessageContaining("NAME:PEER");
    assertThatThrownBy(() -> PortConfig.parsePatch("a:")).hasMessageContaining("cannot be");
  }
}
