// SPDX-License-Identifier: Apache-2.0

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.onosproject.openflow.controller.Dpid;
import org.onosproject.openflow.controller.OpenFlowController;
import org.onosproject.openflow.controller.OpenFlowMessageListener;
import org.onosproject.openflow.controller.OpenFlowSwitch;
import org.projectfloodlight.openflow.protocol.OFFactory;
import org.projectfloodlight.openflow.protocol.OFMessage;
import org.projectfloodlight.openflow.protocol.OFPacketIn;
import org.projectfloodlight.openflow.protocol.match.MatchField;
import org.projectfloodlight.openflow.types.MacAddress;
import org.projectfloodlight.openflow.types.OFBufferId;
import org.projectfloodlight.openflow.types.OFPort;
import org.projectfloodlight.openflow.types.TableId;

/** A learning switch on ONOS's southbound: a flow for each pair of addresses that talk. */
final class Learning implements OpenFlowMessageListener {
  private final OpenFlowController controller;
  private final Map<Dpid, Map<MacAddress, OFPort>> learnt = new ConcurrentHashMap<>();

  Learning(OpenFlowController controller) {
    this.controller = controller;
  }

  /** Has a switch send what its tables do not know. */
  static void install(OpenFlowSwitch sw) {
    OFFactory f = sw.factory();
    sw.sendMsg(
        f.buildFlowAdd()
            .setTableId(TableId.of(0))
            .setPriority(0)
            .setBufferId(OFBufferId.NO_BUFFER)
            .setInstructions(
                List.of(
                    f.instructions()
                        .applyActions(List.of(f.actions().output(OFPort.CONTROLLER, 0xffff)))))
            .build());
  }

  @Override
  public void handleIncomingMessage(Dpid d, OFMessage m) {
    if (m instanceof OFPacketIn) {
      learn(d, (OFPacketIn) m);
    }
  }

  @Override
  public void handleOutgoingMessage(Dpid d, List<OFMessage> messages) {}

  private void learn(Dpid d, OFPacketIn in) {
    OFPort from = in.getMatch().get(MatchField.IN_PORT);
    byte[] frame = in.getData();
    MacAddress to = MacAddress.of(Arrays.copyOfRange(frame, 0, 6));
    MacAddress source = MacAddress.of(Arrays.copyOfRange(frame, 6, 12));
    Map<MacAddress, OFPort> table = learnt.computeIfAbsent(d, x -> new ConcurrentHashMap<>());
    table.put(source, from);
    OFPort out = table.getOrDefault(to, OFPort.FLOOD);
    OpenFlowSwitch sw = controller.getSwitch(d);
    OFFactory f = sw.factory();
    if (out != OFPort.FLOOD) {
      sw.sendMsg(
          f.buildFlowAdd()
              .setTableId(TableId.of(0))
              .setPriority(10)
              .setIdleTimeout(30)
              .setBufferId(OFBufferId.NO_BUFFER)
              .setMatch(
                  f.buildMatch()
                      .setExact(MatchField.IN_PORT, from)
                      .setExact(MatchField.ETH_DST, to)
                      .setExact(MatchField.ETH_SRC, source)
                      .build())
              .setInstructions(
                  List.of(f.instructions().applyActions(List.of(f.actions().output(out, 0)))))
              .build());
    }
    sw.sendMsg(
        f.buildPacketOut()
            .setBufferId(OFBufferId.NO_BUFFER)
            .setInPort(from)
            .setActions(List.of(f.actions().output(out, 0)))
            .setData(frame)
            .build());
  }
}
