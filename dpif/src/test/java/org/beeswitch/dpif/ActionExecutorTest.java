// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

import static org.assertj.core.api.Assertions.assertThat;
import static org.beeswitch.flow.FlowLayout.ODP;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.netdev.testing.Frames;
import org.beeswitch.odp.OdpActionKind;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.beeswitch.odp.OdpText;
import org.junit.jupiter.api.Test;

class ActionExecutorTest {
  /** Writes down what happens, frames as their lengths. */
  private static final class Diary implements ActionExecutor.Sink {
    final List<String> lines = new ArrayList<>();
    final List<Packet> packets = new ArrayList<>();

    private void add(String line, Packet p) {
      lines.add(line + " " + p.length());
      Packet copy = new Packet(0);
      copy.copyFrom(p);
      packets.add(copy);
    }

    @Override
    public void output(int odpPortNo, Packet packet) {
      add("output " + odpPortNo, packet);
    }

    @Override
    public void upcall(UpcallKind kind, Packet packet, OdpKey metadata, long c0, long c1, long c2) {
      long mark = metadata.words()[FlowLayout.SKB - ODP] >>> 32;
      add(kind + " " + c0 + "," + c1 + "," + c2 + " mark " + mark, packet);
    }

    @Override
    public void drop(DropReason reason, Packet packet) {
      add("drop " + reason, packet);
    }
  }

  private final Diary diary = new Diary();
  private final ActionExecutor executor = new ActionExecutor();

  private static Packet frame() {
    return new PacketBuilder().eth(2, 1).ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).packet();
  }

  private void run(String actions) throws Exception {
    run(frame(), actions);
  }

  private void run(Packet p, String actions) throws Exception {
    OdpActions a = new OdpActions();
    OdpText.parseActions(actions, a, OdpText.PortResolver.NONE, OdpText.Userdata.RAW);
    executor.run(p, new OdpKey(), a, diary);
  }

  @Test
  void outputsInOrder() throws Exception {
    run("3,1,2");
    assertThat(diary.lines).containsExactly("output 3 42", "output 1 42", "output 2 42");
  }

  @Test
  void listThatSendsNowhereIsADrop() throws Exception {
    run("drop");
    run("set(eth(src=00:00:00:00:00:09))");
    run("1,drop,2");
    assertThat(diary.lines).containsExactly("drop ACTION 42", "drop ACTION 42", "output 1 42");
  }

  @Test
  void marksAreMetadataAndGoUp() throws Exception {
    run("set(skb_mark(0x5)),userspace(pid=0,slow_path(action))");
    assertThat(diary.lines).containsExactly("SLOW_PATH " + (0x20L << 32) + ",0,0 mark 5 42");
  }

  @Test
  void tagsGoOnInFrontAndComeOff() throws Exception {
    run(
        "push_vlan(vid=5,pcp=3),push_vlan(tpid=0x88a8,vid=6,pcp=0),1,pop_vlan,2,pop_vlan,3,pop_vlan,4");
    assertThat(diary.lines)
        .containsExactly("output 1 50", "output 2 46", "output 3 42", "output 4 42");
    assertThat(diary.packets.get(0).bytes())
        .isEqualTo(
            new PacketBuilder()
                .eth(2, 1)
                .vlan(0x88a8, 6)
                .vlan(0x8100, 0x6005)
                .ipv4("10.0.0.1", "10.0.0.2")
                .udp(1, 2)
                .bytes());
    assertThat(diary.packets.get(3).bytes()).isEqualTo(frame().bytes());
  }

  @Test
  void moreTagsThanThereIsRoomForAreADrop() {
    OdpActions a = new OdpActions();
    for (int i = 0; i <= Packet.HEADROOM / 4; i++) {
      a.pushVlan(0x8100, 1);
    }
    a.output(1);
    executor.run(frame(), new OdpKey(), a, diary);
    assertThat(diary.lines).containsExactly("drop ACTION_FAILED " + (42 + Packet.HEADROOM));
  }

  @Test
  void truncCutsTheNextOutputOnlyAndCompletesItsChecksum() throws Exception {
    Packet whole = Frames.tcp(3_000, 1_000);
    run(whole, "trunc(100),1,2,trunc(60),userspace(pid=0,slow_path(action)),trunc(9000),3");
    assertThat(diary.lines.get(0)).isEqualTo("output 1 100");
    assertThat(diary.packets.get(0).gsoType).isEqualTo(Packet.GSO_NONE);
    assertThat(diary.packets.get(0).csumStart).isEqualTo(-1);
    assertThat(diary.lines.get(1)).isEqualTo("output 2 " + whole.length());
    assertThat(diary.packets.get(1).gsoSize).isEqualTo(1_000);
    assertThat(diary.packets.get(1).bytes()).isEqualTo(Frames.tcp(3_000, 1_000).bytes());
    assertThat(diary.packets.get(2).length()).isEqualTo(60);
    assertThat(diary.packets.get(3).length()).isEqualTo(whole.length());
  }

  @Test
  void kindThatIsNotRunIsADropAndNotSupported() {
    for (OdpActionKind kind : OdpActionKind.values()) {
      if (kind.code() < OdpActionKind.RECIRC.code()) {
        continue;
      }
      OdpActions a = new OdpActions();
      a.addRaw((long) kind.code() << 48, 0, 0, 0);
      a.output(1);
      assertThat(ActionExecutor.supports(a)).as(kind.name()).isFalse();
      diary.lines.clear();
      executor.run(frame(), new OdpKey(), a, diary);
      assertThat(diary.lines).containsExactly("drop BAD_ACTION 42");
    }
  }

  @Test
  void makesNoGarbage() throws Exception {
    OdpActions a = new OdpActions();
    OdpText.parseActions(
        "set(ipv4(ttl=3)),1,push_vlan(vid=1,pcp=0),trunc(30),2,pop_vlan,3",
        a,
        OdpText.PortResolver.NONE,
        OdpText.Userdata.RAW);
    ActionExecutor.Sink nowhere =
        new ActionExecutor.Sink() {
          @Override
          public void output(int odpPortNo, Packet packet) {}

          @Override
          public void upcall(
              UpcallKind kind, Packet packet, OdpKey metadata, long c0, long c1, long c2) {}

          @Override
          public void drop(DropReason reason, Packet packet) {}
        };
    Packet p = frame();
    OdpKey metadata = new OdpKey();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = 0;
    for (int i = 0; i < 20_000; i++) {
      if (i == 10_000) {
        before = threads.getCurrentThreadAllocatedBytes();
      }
      executor.run(p, metadata, a, nowhere);
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before)
        .as("bytes for 10,000 packets")
        .isLessThan(10_000);
  }
}
