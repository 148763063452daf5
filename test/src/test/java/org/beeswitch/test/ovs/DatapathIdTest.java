// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.msg.FeaturesReply;
import org.beeswitch.openflow.msg.FeaturesRequest;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A datapath id that nobody has configured follows the lowest address of the ports, as Open
 * vSwitch's does: the same changes, the same ids, and connections that end with each.
 */
@Tag("system")
@Timeout(300)
class DatapathIdTest {
  /** A change of devices and the datapath id then; 0: the one that LOCAL was made with. */
  private record Change(String ip, long dpid) {}

  private static final List<Change> CHANGES =
      List.of(
          new Change("link set p2 address 00:10:00:00:00:06", 0x001000000006L),
          new Change("link set p1 address 00:10:00:00:00:05", 0x001000000005L),
          new Change("link set br0 address 00:10:00:00:00:99", 0x001000000005L),
          new Change("link del p1", 0x001000000006L),
          new Change("link set p2 address 02:00:00:00:00:01", 0),
          new Change("link set p2 address 00:e0:2b:00:00:04", 0),
          new Change("link set p2 address 00:e0:2b:00:00:05", 0x00e02b000005L));

  private interface Connector {
    OfClient<Decoded, OfFrame> connect() throws IOException;
  }

  private static long dpid(Connector connector) throws IOException {
    try (OfClient<Decoded, OfFrame> c = connector.connect()) {
      return dpid(c);
    } catch (IOException e) {
      return -1; // it changes just now
    }
  }

  private static long dpid(OfClient<Decoded, OfFrame> c) throws IOException {
    Decoded d = c.transact(new OfFrame(c.version(), c.nextXid(), new FeaturesRequest())).get(0);
    return ((FeaturesReply) ((Decoded.Good) d).frame().message()).datapathId();
  }

  private static void assertFollows(String who, TestNetns ns, Connector connector)
      throws Exception {
    long own = dpid(connector);
    long before = own;
    for (Change c : CHANGES) {
      OfClient<Decoded, OfFrame> old = connector.connect();
      ns.exec(("ip " + c.ip()).split(" "));
      long expected = c.dpid() == 0 ? own : c.dpid();
      Await.until(
          String.format("datapath id %x of %s after %s", expected, who, c.ip()),
          () -> dpid(connector) == expected);
      String mac = String.format("%012x", expected).replaceAll("(..)(?!$)", "$1:");
      Await.until(
          "address " + mac + " of br0 in " + who + " after " + c.ip(),
          () -> ns.exec("ip", "-o", "link", "show", "br0").contains("link/ether " + mac));
      assertThat(isOpen(old))
          .as("%s: a connection from before %s", who, c.ip())
          .isEqualTo(expected == before);
      old.close();
      before = expected;
    }
  }

  private static boolean isOpen(OfClient<Decoded, OfFrame> c) {
    try {
      dpid(c);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void itIsWhatItIsOnOpenVswitch() throws Exception {
    RealOvs.assumePossible();
    try (RealOvs ovs = RealOvs.start(2)) {
      ovs.vsctl("remove", "bridge", "br0", "other_config", "datapath-id");
      ovs.vsctl("remove", "bridge", "br0", "other_config", "hwaddr");
      assertFollows("OVS", ovs.netns(), ovs::connect);
    }
    for (Datapath datapath : Datapath.values()) {
      try (OwnSwitch own = new OwnSwitch(datapath, 0);
          Unixctl ctl = own.unixctl()) {
        ctl.call("del-br", "br0");
        ctl.call("add-br", "br0");
        for (int i = 1; i <= 2; i++) {
          RealOvs.wire(own.netns(), i);
          ctl.call("add-port", "br0", "p" + i);
        }
        assertFollows("own " + datapath, own.netns(), own::connect);
        assertThat(own.log()).doesNotContain("WARN").doesNotContain("ERROR");
      }
    }
  }
}
