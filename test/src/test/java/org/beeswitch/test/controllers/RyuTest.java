// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Ryu 4.34 with applications of its own: {@code simple_switch_13} and {@code ofctl_rest}. */
@Tag("system")
class RyuTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REST = "http://127.0.0.1:8080/stats/";

  /** What ofctl_rest can ask a switch of OpenFlow 1.3, but queuedesc, which is of 1.4. */
  private static final List<String> QUESTIONS =
      List.of(
          "desc",
          "flow",
          "aggregateflow",
          "table",
          "tablefeatures",
          "port",
          "portdesc",
          "queue",
          "queueconfig",
          "group",
          "groupdesc",
          "groupfeatures",
          "meter",
          "meterconfig",
          "meterfeatures",
          "role");

  @ParameterizedTest
  @EnumSource
  void simpleSwitchLearnsAndOfctlRestReadsEverything(Datapath datapath) throws Exception {
    Lab.install("ryu");
    try (Lab lab = new Lab(datapath, 3)) {
      Program ryu =
          lab.startLauncher(
              "ryu", "6653", "ryu.app.simple_switch_13", "ryu.app.ofctl_rest", "--wsapi-port=8080");
      ryu.awaitLine("wsgi starting up");
      lab.startSwitch(
          Lab.bridge(
              "br0",
              lab.hosts(),
              "--dpid=1",
              "--fail-mode=secure",
              "--controller=tcp:127.0.0.1:6653"));

      everyHostReachesEveryOther(lab);
      // A flow for each ordered pair, and the table-miss flow.
      Await.until("flows are learned", () -> lab.flows("br0").size() == 7);

      assertThat(get(lab, "switches").get(0).asInt()).isEqualTo(1);
      for (String question : QUESTIONS) {
        // Ryu gives an answer a second, which all table features take on a busy machine: then it
        // says that there are none.
        Await.until(
            question + " is answered", () -> isRight(question, get(lab, question + "/1").get("1")));
      }
      flowsComeAndGoByRest(lab);
    }
  }

  private static boolean isRight(String question, JsonNode answer) {
    return switch (question) {
      case "desc" -> answer.path("mfr_desc").asText().equals("Nicira, Inc.");
      case "flow" -> answer.size() == 7;
      case "aggregateflow" -> answer.path(0).path("flow_count").asInt() == 7;
      case "port", "portdesc" -> answer.size() == 4;
      case "table", "tablefeatures" -> answer.size() == 254;
      case "role" -> answer.path(0).path("role").asText().equals("EQUAL");
      case "groupfeatures", "meterfeatures", "queueconfig" -> answer.size() == 1;
      // There are none.
      default -> answer.isEmpty();
    };
  }

  private static void everyHostReachesEveryOther(Lab lab) throws Exception {
    for (Host from : lab.hosts()) {
      for (Host to : lab.hosts()) {
        if (from.number() != to.number()) {
          lab.awaitPing(from, to);
          Await.until(from + " pings " + to + " by IPv6", () -> from.pings6(to));
        }
      }
    }
  }

  /** A drop above what was learned stops the traffic; its deletion lets it go on. */
  private static void flowsComeAndGoByRest(Lab lab) throws Exception {
    String drop =
        """
        {"dpid": 1, "priority": 99, "match": {"in_port": 1, "eth_type": 2048, "ip_proto": 1},
         "actions": []}\
        """;
    post(lab, "flowentry/add", drop);
    Await.until("the drop is there", () -> lab.flows("br0").size() == 8);
    assertThat(lab.host(1).pings(lab.host(2))).isFalse();
    Await.until("IPv6 is not dropped", () -> lab.host(1).pings6(lab.host(2)));
    post(lab, "flowentry/delete_strict", drop);
    Await.until("the drop is gone", () -> lab.flows("br0").size() == 7);
    lab.awaitPing(lab.host(1), lab.host(2));
  }

  private static JsonNode get(Lab lab, String path) throws Exception {
    return JSON.readTree(http(lab, path, null));
  }

  private static void post(Lab lab, String path, String body) throws Exception {
    http(lab, path, body);
  }

  /** From within the namespace that the controller is in. */
  private static String http(Lab lab, String path, String body) throws Exception {
    return lab.machine().call(() -> http(path, body));
  }

  private static String http(String path, String body) throws IOException {
    HttpURLConnection c = (HttpURLConnection) URI.create(REST + path).toURL().openConnection();
    c.setReadTimeout(Await.PATIENCE_S * 1000);
    if (body != null) {
      c.setDoOutput(true);
      try (OutputStream out = c.getOutputStream()) {
        out.write(body.getBytes(StandardCharsets.UTF_8));
      }
    }
    assertThat(c.getResponseCode()).as(path).isEqualTo(200);
    try (InputStream in = c.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } finally {
      c.disconnect();
    }
  }
}
