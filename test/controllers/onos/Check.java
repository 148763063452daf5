// SPDX-License-Identifier: Apache-2.0

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.onosproject.openflow.controller.Dpid;
import org.onosproject.openflow.controller.OpenFlowController;
import org.onosproject.openflow.controller.OpenFlowMessageListener;
import org.onosproject.openflow.controller.OpenFlowSwitch;
import org.onosproject.openflow.controller.RoleState;
import org.projectfloodlight.openflow.protocol.OFErrorMsg;
import org.projectfloodlight.openflow.protocol.OFFactory;
import org.projectfloodlight.openflow.protocol.OFFlowModFlags;
import org.projectfloodlight.openflow.protocol.OFFlowRemoved;
import org.projectfloodlight.openflow.protocol.OFGroupType;
import org.projectfloodlight.openflow.protocol.OFMessage;
import org.projectfloodlight.openflow.protocol.OFMeterModCommand;
import org.projectfloodlight.openflow.protocol.OFType;
import org.projectfloodlight.openflow.protocol.match.MatchField;
import org.projectfloodlight.openflow.types.EthType;
import org.projectfloodlight.openflow.types.IpProtocol;
import org.projectfloodlight.openflow.types.MacAddress;
import org.projectfloodlight.openflow.types.OFBufferId;
import org.projectfloodlight.openflow.types.OFGroup;
import org.projectfloodlight.openflow.types.OFPort;
import org.projectfloodlight.openflow.types.OFVlanVidMatch;
import org.projectfloodlight.openflow.types.TableId;
import org.projectfloodlight.openflow.types.TransportPort;
import org.projectfloodlight.openflow.types.U64;

/**
 * Goes through the roles, asks a switch everything that ONOS can ask, and has it do what ONOS does.
 * Prints "ok" or "FAIL" and what, a line each. What ONOS does not hand to its caller (queue and
 * switch configuration, asynchronous masks) cannot be asked here.
 */
final class Check implements OpenFlowMessageListener {
  private static final int ANSWER_S = 3;
  private static final int TRIES = 3;
  private static final int ALL = 0xffffffff;

  private final OpenFlowController controller;
  private final Map<Dpid, RoleState> roles = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<OFErrorMsg> errors = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<OFFlowRemoved> removed = new ConcurrentLinkedQueue<>();
  private int failed;

  Check(OpenFlowController controller) {
    this.controller = controller;
  }

  int failed() {
    return failed;
  }

  void say(String what, boolean good) {
    System.out.println((good ? "ok   " : "FAIL ") + what);
    failed += good ? 0 : 1;
  }

  void roleIs(Dpid dpid, RoleState role) {
    roles.put(dpid, role);
  }

  @Override
  public void handleIncomingMessage(Dpid d, OFMessage m) {
    if (m instanceof OFErrorMsg) {
      errors.add((OFErrorMsg) m);
    } else if (m instanceof OFFlowRemoved) {
      removed.add((OFFlowRemoved) m);
    }
  }

  @Override
  public void handleOutgoingMessage(Dpid d, List<OFMessage> messages) {}

  void run(Dpid dpid) throws Exception {
    OpenFlowSwitch sw = controller.getSwitch(dpid);
    for (RoleState r :
        List.of(RoleState.MASTER, RoleState.SLAVE, RoleState.EQUAL, RoleState.MASTER)) {
      take(dpid, r);
    }
    questions(sw, sw.factory());
    commands(sw, sw.factory());
  }

  /** Takes a role, and waits until the switch agrees. ONOS sends nothing without being master. */
  void take(Dpid dpid, RoleState role) throws InterruptedException {
    roles.remove(dpid);
    controller.setRole(dpid, role);
    for (int i = 0; i < ANSWER_S * 50 && roles.get(dpid) != role; i++) {
      Thread.sleep(20);
    }
    say("role " + role, roles.get(dpid) == role);
  }

  private void questions(OpenFlowSwitch sw, OFFactory f) throws Exception {
    ask(sw, "desc", f.descStatsRequest(Collections.emptySet()));
    ask(sw, "port desc", f.buildPortDescStatsRequest().build());
    ask(sw, "port stats", f.buildPortStatsRequest().setPortNo(OFPort.ANY).build());
    ask(
        sw,
        "queue stats",
        f.buildQueueStatsRequest().setPortNo(OFPort.ANY).setQueueId(ALL).build());
    ask(sw, "table stats", f.tableStatsRequest(Collections.emptySet()));
    ask(sw, "table features", f.buildTableFeaturesStatsRequest().build());
    ask(
        sw,
        "aggregate",
        f.buildAggregateStatsRequest()
            .setTableId(TableId.ALL)
            .setOutPort(OFPort.ANY)
            .setOutGroup(OFGroup.ANY)
            .setMatch(f.matchWildcardAll())
            .build());
    ask(sw, "group features", f.groupFeaturesStatsRequest(Collections.emptySet()));
    ask(sw, "group stats", f.buildGroupStatsRequest().setGroup(OFGroup.ALL).build());
    ask(sw, "meter features", f.meterFeaturesStatsRequest(Collections.emptySet()));
    ask(sw, "meter config", f.buildMeterConfigStatsRequest().setMeterId(ALL).build());
    ask(sw, "meter stats", f.buildMeterStatsRequest().setMeterId(ALL).build());
    ask(sw, "barrier", f.barrierRequest());
  }

  private void commands(OpenFlowSwitch sw, OFFactory f) throws Exception {
    apply(
        sw,
        "flow add",
        f.buildFlowAdd()
            .setPriority(200)
            .setBufferId(OFBufferId.NO_BUFFER)
            .setFlags(Set.of(OFFlowModFlags.SEND_FLOW_REM))
            .setMatch(
                f.buildMatch()
                    .setExact(MatchField.ETH_TYPE, EthType.IPv4)
                    .setExact(MatchField.IP_PROTO, IpProtocol.TCP)
                    .setExact(MatchField.TCP_DST, TransportPort.of(80))
                    .build())
            .setInstructions(
                List.of(
                    f.instructions()
                        .applyActions(
                            List.of(
                                f.actions()
                                    .setField(f.oxms().ethDst(MacAddress.of("00:00:00:00:00:0b"))),
                                f.actions().pushVlan(EthType.VLAN_FRAME),
                                f.actions()
                                    .setField(f.oxms().vlanVid(OFVlanVidMatch.ofVlan(9))),
                                f.actions().output(OFPort.of(1), 0)))))
            .build());
    apply(
        sw,
        "flow add with clear, metadata and goto",
        f.buildFlowAdd()
            .setPriority(199)
            .setBufferId(OFBufferId.NO_BUFFER)
            .setMatch(f.buildMatch().setExact(MatchField.IN_PORT, OFPort.of(1)).build())
            .setInstructions(
                List.of(
                    f.instructions().clearActions(),
                    f.instructions().writeMetadata(U64.of(0x55), U64.of(0xff)),
                    f.instructions().gotoTable(TableId.of(1))))
            .build());
    ask(
        sw,
        "flow stats",
        f.buildFlowStatsRequest()
            .setTableId(TableId.ALL)
            .setOutPort(OFPort.ANY)
            .setOutGroup(OFGroup.ANY)
            .setMatch(f.matchWildcardAll())
            .build());
    removed.clear();
    apply(
        sw,
        "flow delete",
        f.buildFlowDelete()
            .setTableId(TableId.ALL)
            .setOutPort(OFPort.ANY)
            .setOutGroup(OFGroup.ANY)
            .setBufferId(OFBufferId.NO_BUFFER)
            .setMatch(f.matchWildcardAll())
            .build());
    // ONOS marks every flow of its own so, and counts on being told.
    say("flow removed", awaitRemoved());
    apply(
        sw,
        "group delete",
        f.buildGroupDelete().setGroup(OFGroup.ALL).setGroupType(OFGroupType.ALL).build());
    apply(
        sw,
        "meter delete",
        f.buildMeterMod().setCommand(OFMeterModCommand.DELETE).setMeterId(ALL).build());
  }

  private void ask(OpenFlowSwitch sw, String what, OFMessage request) throws Exception {
    OFMessage reply = answer(sw, request);
    say(reply == null ? what + ": no answer" : what, reply != null && !isError(reply));
  }

  private static boolean isError(OFMessage m) {
    return m.getType() == OFType.ERROR;
  }

  /**
   * Null if there is none. ONOS begins to wait for an answer after it has sent the question, and
   * loses one that is faster: so it is asked again.
   */
  private OFMessage answer(OpenFlowSwitch sw, OFMessage request) throws Exception {
    for (int i = 0; i < TRIES; i++) {
      OFMessage again = request.createBuilder().setXid(request.getXid() + ((long) i << 24)).build();
      try {
        return controller.writeResponse(sw.getDpid(), again).get(ANSWER_S, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        // Lost, or slow.
      }
    }
    return null;
  }

  private void apply(OpenFlowSwitch sw, String what, OFMessage command) throws Exception {
    errors.clear();
    sw.sendMsg(command);
    boolean done = answer(sw, sw.factory().barrierRequest()) != null;
    OFErrorMsg error = errors.poll();
    say(error == null ? what : what + ": " + error, done && error == null);
  }

  private boolean awaitRemoved() throws InterruptedException {
    for (int i = 0; i < ANSWER_S * 50 && removed.isEmpty(); i++) {
      Thread.sleep(20);
    }
    return !removed.isEmpty();
  }
}
