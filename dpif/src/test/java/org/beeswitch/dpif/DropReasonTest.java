// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class DropReasonTest {
  @Test
  void reasonsAreThoseOfTheAbiHeader() throws Exception {
    Path header = Path.of(System.getProperty("beeswitch.root"), "bpf-src/include/beeswitch_abi.h");
    Map<String, Integer> inC = new TreeMap<>();
    Matcher m = Pattern.compile("\\bDP_DROP_(\\w+) = (\\d+)").matcher(Files.readString(header));
    while (m.find()) {
      inC.put(m.group(1), Integer.valueOf(m.group(2)));
    }
    Map<String, Integer> inJava = new TreeMap<>();
    for (DropReason r : DropReason.values()) {
      if (r.code() < DropReason.FIRST_USERSPACE) {
        inJava.put(r.name(), r.code());
      }
    }
    assertThat(inJava).isEqualTo(inC);
  }

  @Test
  void textsAreCounterNames() {
    assertThat(DropReason.OUTPUT_MTU.text()).isEqualTo("drop_output_mtu");
    for (DropReason r : DropReason.values()) {
      assertThat(r.code()).isBetween(0, DropReason.MAX_CODE);
    }
  }
}
