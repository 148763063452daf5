// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import java.io.IOException;
import java.nio.file.Path;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.msg.OfFrame;

/** A switch under test, ours or a real Open vSwitch: bridge br0 between wires w1, w2, … */
interface Subject extends AutoCloseable {
  /** Where the switch and the far ends of its wires are. */
  TestNetns netns();

  /** Where {@code br0.mgmt} is. */
  Path rundir();

  /** Runs {@code ovs-ofctl -O OpenFlow13}. */
  RealOvs.Output ofctl(String... arguments);

  /** A connection to br0's management socket. */
  OfClient<Decoded, OfFrame> connect() throws IOException;

  @Override
  void close() throws IOException;
}
