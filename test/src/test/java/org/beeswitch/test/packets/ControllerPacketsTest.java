// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketOut;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Packets to and from controllers: every kind of frame through every kind of action, then by
 * packet-in to the controller; and by packet-out through every kind of action, and through tables.
 */
@Tag("system")
class ControllerPacketsTest {
  private static final int PORTS = 3;
  private static final int MAX_COMPLAINTS = 60;

  @ParameterizedTest
  @EnumSource
  void aControllerGetsThePacketAsItIsThen(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (InProcessSwitch s = InProcessSwitch.start(backend, PORTS)) {
      List<FrameModel> frames = FrameModel.all(s.macOfPort(ActionCase.IN));
      List<String> wrong = new ArrayList<>();
      int cases = 0;
      for (ActionCase a : ActionCase.all()) {
        Optional<ActionCase> toController = a.toController();
        if (toController.isEmpty()) {
          continue;
        }
        cases++;
        s.replaceRules(toController.get().rules());
        for (int round = 1; round <= 2; round++) { // misses, then hits
          Tally tally = new Tally(s);
          for (FrameModel f : frames) {
            tally.expect(toController.get().expect(f));
            s.wire(ActionCase.IN).send(f.packet());
          }
          tally.await();
          note(toController.get(), tally, wrong);
        }
      }
      System.out.printf(
          "%s: %d packet-ins of %d kinds of frames through %d kinds of actions%n",
          backend, 2 * frames.size() * cases, frames.size(), cases);
      assertNone(wrong);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPacketOutLeavesAsItsActionsSay(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (InProcessSwitch s = InProcessSwitch.start(backend, PORTS)) {
      List<FrameModel> frames = FrameModel.all(s.macOfPort(ActionCase.IN));
      ActionCase.teach(s);
      List<String> wrong = new ArrayList<>();
      int sent = 0;
      for (ActionCase a : ActionCase.all()) {
        Optional<List<Action>> actions = a.actions();
        if (actions.isPresent()) {
          sent += send(s, a, frames, actions.get(), wrong);
        }
        s.replaceRules(a.rules());
        int byTable = send(s, a, frames, List.of(new Action.Output(OfPort.TABLE, 0)), wrong);
        assertThat(byTable).isEqualTo(frames.size());
        sent += byTable;
      }
      System.out.printf("%s: %d packet-outs of %d kinds of frames%n", backend, sent, frames.size());
      assertNone(wrong);
    }
  }

  /**
   * Returns how many were sent: a field that the packet does not have cannot be set, nor a third
   * tag pushed.
   */
  private static int send(
      InProcessSwitch s,
      ActionCase a,
      List<FrameModel> frames,
      List<Action> actions,
      List<String> wrong)
      throws Exception {
    Tally tally = new Tally(s);
    int sent = 0;
    for (FrameModel f : frames) {
      @Nullable OfErrorCode error = packetOut(s, OfPort.of(ActionCase.IN), actions, f.bytes());
      if (error == null) {
        tally.expect(a.expect(f));
        sent++;
      } else {
        assertThat(error).isIn(OfErrorCode.OFPBAC_MATCH_INCONSISTENT, OfErrorCode.OFPBAC_BAD_TAG);
      }
    }
    tally.await();
    note(a, tally, wrong);
    return sent;
  }

  /** As in OVS, which keeps no buffers of which a part could be shown. */
  @ParameterizedTest
  @EnumSource
  void aPacketInIsWholeWhateverMaxLenSays(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (InProcessSwitch s = InProcessSwitch.start(backend, 1)) {
      s.add(1, Match.ANY, new Action.Output(OfPort.CONTROLLER, 60));
      Packet p =
          new PacketBuilder()
              .eth(2, 4)
              .ipv4("10.0.0.1", "10.0.0.2")
              .tcp(1, 2)
              .payload(900)
              .partialPacket();
      byte[] whole =
          new PacketBuilder().eth(2, 4).ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2).payload(900).bytes();
      for (int round = 1; round <= 2; round++) {
        Tally tally = new Tally(s);
        tally.expect(OfPort.CONTROLLER, whole);
        s.wire(1).send(p);
        tally.await();
        assertThat(tally.complaints()).isEmpty();
      }
    }
  }

  /** No device takes it: it is dropped, counted, and nothing else is wrong with the switch. */
  @ParameterizedTest
  @EnumSource
  void aPacketOutThatIsTooLongForItsPortIsCounted(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (InProcessSwitch s = InProcessSwitch.start(backend, 2)) {
      byte[] tooLong = new PacketBuilder().eth(2, 4).type(0x88b5).payload(3000).bytes();
      byte[] fits = new PacketBuilder().eth(2, 4).type(0x88b5).payload(1500).bytes();
      long before = drops(s);
      Tally tally = new Tally(s);
      List<Action> out = List.of(new Action.Output(OfPort.of(2), 0));
      packetOut(s, OfPort.CONTROLLER, out, tooLong);
      packetOut(s, OfPort.CONTROLLER, out, fits);
      tally.expect(OfPort.of(2), fits);
      tally.await();
      assertThat(tally.complaints()).isEmpty();
      assertThat(drops(s)).as("%s", s.backer().coverage()).isEqualTo(before + 1);
    }
  }

  private static long drops(InProcessSwitch s) {
    return s.backer().coverage().entrySet().stream()
        .filter(e -> e.getKey().startsWith("drop"))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private static @Nullable OfErrorCode packetOut(
      InProcessSwitch s, OfPort in, List<Action> actions, byte[] frame) throws Exception {
    return s.onMain(
        () ->
            s.br0()
                .packetOut(
                    new PacketOut(BufferId.NONE, in, actions, Bytes.wrap(frame)),
                    System.nanoTime()));
  }

  private static void note(ActionCase a, Tally tally, List<String> wrong) {
    tally.complaints().forEach(c -> wrong.add(a + ": " + c));
  }

  private static void assertNone(List<String> wrong) {
    assertThat(wrong.stream().limit(MAX_COMPLAINTS).collect(Collectors.joining("\n")))
        .as("%s are wrong", wrong.size())
        .isEmpty();
  }
}
