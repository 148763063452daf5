// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.FlowFlags;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.TableId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Corners of flow-mod semantics, each as a real OVS 3.1 does it. */
class FlowModsTest {
  private static final Match IP = Match.builder().exact(Field.ETH_TYPE, EthType.IPV4).build();
  private static final Match ETHERNET = Match.builder().exact(Field.PACKET_TYPE, 0).build();
  private static final Match IP_ALONE =
      Match.builder()
          .exact(Field.PACKET_TYPE, 0x1_0800)
          .masked(Field.IPV4_SRC, 0x0a000000, 0xff000000)
          .build();
  private static final Instructions TO_GROUP = Instructions.apply(List.of(new Action.Group(5)));
  private static final Instructions OUT = Instructions.apply(List.of(SteppedSwitch.output(1)));
  private SteppedSwitch sw;

  @BeforeEach
  void start() throws Exception {
    sw = new SteppedSwitch(1);
  }

  @AfterEach
  void stop() {
    sw.close();
  }

  private @Nullable OfErrorCode mod(
      FlowMod.Command c, int table, Match m, Instructions i, int idleS, int hardS, int flags) {
    return sw.br0.flowMod(SteppedSwitch.flowMod(c, table, 7, m, i, idleS, hardS, flags), sw.nowNs);
  }

  private void pass(int seconds) {
    sw.nowNs += seconds * 1_000_000_000L;
    sw.br0.expire(sw.nowNs);
    sw.settle();
  }

  private List<FlowStats> stats() {
    return sw.br0.flowStats(MultipartRequest.RuleFilter.ALL, sw.nowNs);
  }

  @Test
  void modifyingNothingMindsNoUnknownGroup() {
    assertThat(mod(FlowMod.Command.MODIFY, 7, Match.ANY, TO_GROUP, 0, 0, 0)).isNull();
    mod(FlowMod.Command.ADD, 7, Match.ANY, OUT, 0, 0, 0);
    assertThat(mod(FlowMod.Command.MODIFY, 7, Match.ANY, TO_GROUP, 0, 0, 0))
        .isEqualTo(OfErrorCode.OFPBAC_BAD_OUT_GROUP);
    assertThat(stats()).extracting(FlowStats::instructions).containsExactly(OUT);
  }

  @Test
  void inTheInternalTableOnlyDeletingWhatOvsKeepsThereIsRefused() {
    assertThat(mod(FlowMod.Command.DELETE, 254, Match.ANY, Instructions.NONE, 0, 0, 0))
        .isEqualTo(OfErrorCode.OFPBRC_EPERM);
    assertThat(mod(FlowMod.Command.DELETE, 254, IP, Instructions.NONE, 0, 0, 0)).isNull();
    assertThat(mod(FlowMod.Command.DELETE_STRICT, 254, IP, Instructions.NONE, 0, 0, 0)).isNull();
    assertThat(mod(FlowMod.Command.MODIFY, 254, IP, OUT, 0, 0, 0))
        .isEqualTo(OfErrorCode.OFPBRC_EPERM);
  }

  @Test
  void anAddToAllTablesGoesToTheFirst() {
    assertThat(mod(FlowMod.Command.ADD, TableId.ALL, IP, OUT, 0, 0, 0)).isNull();
    assertThat(stats()).extracting(FlowStats::tableId).containsExactly(0);
  }

  @Test
  void flagsAreReportedAsTheyWereGivenAndAModifyKeepsThem() {
    int all =
        FlowFlags.SEND_FLOW_REM
            | FlowFlags.CHECK_OVERLAP
            | FlowFlags.RESET_COUNTS
            | FlowFlags.NO_PKT_COUNTS
            | FlowFlags.NO_BYT_COUNTS;
    mod(FlowMod.Command.ADD, 0, IP, OUT, 3, 4, all);
    mod(FlowMod.Command.MODIFY, 0, IP, Instructions.NONE, 5, 6, 0);
    FlowStats s = stats().get(0);
    assertThat(s.flags()).isEqualTo(all);
    assertThat(s.idleTimeout()).isEqualTo(3);
    assertThat(s.hardTimeout()).isEqualTo(4);
    assertThat(s.instructions()).isEqualTo(Instructions.NONE);
  }

  /** With reset_counts or not: a rule that is only put in again has not been used. */
  @Test
  void addingAgainDoesNotKeepARuleFromGoingIdle() {
    for (int flags : new int[] {0, FlowFlags.RESET_COUNTS}) {
      mod(FlowMod.Command.ADD, 0, IP, OUT, 10, 0, flags);
      pass(8);
      mod(FlowMod.Command.ADD, 0, IP, Instructions.NONE, 10, 0, flags);
      pass(5);
      assertThat(stats()).as("flags %s", flags).isEmpty();
    }
  }

  @Test
  void theHardTimeoutBeginsAnewWithAModify() {
    mod(FlowMod.Command.ADD, 0, IP, OUT, 0, 10, FlowFlags.SEND_FLOW_REM);
    pass(8);
    mod(FlowMod.Command.MODIFY, 0, IP, OUT, 0, 0, 0);
    pass(5);
    assertThat(stats()).hasSize(1);
    assertThat(stats().get(0).durationSec()).isEqualTo(13);
    pass(6);
    assertThat(sw.flowsRemoved)
        .extracting(FlowRemoved::reason)
        .containsExactly(FlowRemoved.Reason.HARD_TIMEOUT);
  }

  @Test
  void replacingARuleTellsNobody() {
    mod(FlowMod.Command.ADD, 0, IP, OUT, 0, 0, FlowFlags.SEND_FLOW_REM);
    mod(FlowMod.Command.ADD, 0, IP, Instructions.NONE, 0, 0, FlowFlags.SEND_FLOW_REM);
    sw.revalidate();
    assertThat(sw.flowsRemoved).isEmpty();
  }

  @Test
  void aReplacedRuleIsNoOverlap() {
    mod(FlowMod.Command.ADD, 0, IP, OUT, 0, 0, 0);
    assertThat(mod(FlowMod.Command.ADD, 0, IP, OUT, 0, 0, FlowFlags.CHECK_OVERLAP)).isNull();
  }

  @Test
  void whatIsOfEthernetNeedNotSaySo() {
    for (Match m : List.of(ETHERNET, IP, IP_ALONE, Match.ANY)) {
      mod(FlowMod.Command.ADD, 0, m, OUT, 0, 0, 0);
    }
    mod(FlowMod.Command.DELETE, 0, ETHERNET, Instructions.NONE, 0, 0, 0);
    assertThat(stats()).extracting(FlowStats::match).containsExactlyInAnyOrder(IP_ALONE, Match.ANY);
  }

  @Test
  void ethernetAndAnotherPacketTypeDoNotOverlap() {
    mod(FlowMod.Command.ADD, 0, IP_ALONE, OUT, 0, 0, 0);
    assertThat(mod(FlowMod.Command.ADD, 0, IP, OUT, 0, 0, FlowFlags.CHECK_OVERLAP)).isNull();
    assertThat(mod(FlowMod.Command.ADD, 0, Match.ANY, OUT, 0, 0, FlowFlags.CHECK_OVERLAP))
        .isEqualTo(OfErrorCode.OFPFMFC_OVERLAP);
  }

  @Test
  void modifiedRulesAreListedInTheOrderInWhichTheyWereAdded() {
    List<Match> inPorts =
        IntStream.of(3, 9, 1, 7, 5, 2)
            .mapToObj(p -> Match.builder().exact(Field.IN_PORT, p).build())
            .toList();
    inPorts.forEach(m -> mod(FlowMod.Command.ADD, 0, m, OUT, 0, 0, 0));
    mod(FlowMod.Command.MODIFY, 0, Match.ANY, Instructions.NONE, 0, 0, 0);
    assertThat(stats()).extracting(FlowStats::match).containsExactlyElementsOf(inPorts);
  }
}
