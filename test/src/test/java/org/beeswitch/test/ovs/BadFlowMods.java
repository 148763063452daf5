// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.beeswitch.test.ovs.MessageBytes.*;

import java.util.List;

/** Flow-mods with something wrong or odd about the message itself or its instructions. */
final class BadFlowMods {
  private final BadMessages to;

  private BadFlowMods(BadMessages to) {
    this.to = to;
  }

  static void addTo(BadMessages to) {
    BadFlowMods c = new BadFlowMods(to);
    c.flowMods();
    c.instructions();
  }

  private void flowMods() {
    to.same("a rule", add().apply(output(1)).message());
    to.same("a rule twice", add().apply(output(1)).message(), add().apply(output(2)).message());
    Flow overlapping = add().flags(2);
    to.same(
        "overlap with CHECK_OVERLAP",
        add().match(inPort(1)).message(),
        overlapping.match(ethType(0x800)).message());
    to.same("overlap of the same rule", add().message(), overlapping.apply(output(1)).message());
    to.same(
        "no overlap at another priority",
        add().match(inPort(1)).message(),
        overlapping.priority(101).message());
    to.same(
        "no overlap of what excludes each other",
        add().match(inPort(1)).message(),
        overlapping.match(inPort(2)).message());
    for (int command : new int[] {ADD, MODIFY, MODIFY_STRICT, DELETE, DELETE_STRICT}) {
      String name =
          List.of("ADD", "MODIFY", "MODIFY_STRICT", "DELETE", "DELETE_STRICT").get(command);
      Flow f = flow(command);
      for (int table : new int[] {1, 253, 254, 255}) {
        to.same(name + " in table " + table, f.table(table).apply(output(1)).message());
        to.same(
            name + " in table " + table + " of a match", f.table(table).match(inPort(1)).message());
      }
      to.same(name + " with a buffer", f.buffer("00000001").message());
      to.same(name + " with buffer 0", f.buffer("00000000").message());
      to.same(name + " with an unknown flag", f.flags(0x20).message());
      to.same(name + " with flag 0x8000", f.flags(0x8000).message());
      to.same(name + " with all flags", f.flags(0x1f).message());
      to.same(name + " with CHECK_OVERLAP", f.flags(2).message());
      to.same(name + " with RESET_COUNTS", add().message(), f.flags(4).message());
      to.same(name + " with timeouts", f.timeouts(60, 600).message());
      to.same(name + " with the longest timeouts", f.timeouts(65535, 65535).message());
      to.same(
          name + " with a cookie mask", f.cookie("00000000000000ff", "00000000000000ff").message());
      to.same(
          name + " of what has another cookie",
          add().cookie("0000000000000001", ZERO8).message(),
          f.cookie("0000000000000002", "00000000000000ff").apply(output(2)).message());
      to.same(
          name + " with cookie -1", add().message(), f.cookie("ffffffffffffffff", ZERO8).message());
      to.same(name + " with priority 0", f.priority(0).message());
      to.same(name + " with priority 65535", f.priority(65535).message());
      to.same(name + " with out_port 0", add().message(), f.out(ZERO4, "ffffffff").message());
      to.same(name + " with out_port 0xffffff05", f.out("ffffff05", "ffffffff").message());
      to.same(
          name + " with out_port that nobody has",
          add().apply(output(1)).message(),
          f.out("00000063", "ffffffff").message());
      to.same(
          name + " with out_port that a rule has",
          add().apply(output(1)).message(),
          f.out("00000001", "ffffffff").message());
      to.same(name + " with out_group 0", add().message(), f.out("ffffffff", ZERO4).message());
      to.same(
          name + " with out_group ALL", add().message(), f.out("ffffffff", "fffffffc").message());
      to.same(name + " with a goto that goes back", add().message(), f.does(goTo(0)).message());
      to.same(name + " with output to 0", f.apply(output(0)).message());
    }
    to.same("command 5", flow(5).message());
    to.same("command 255", flow(255).message());
    to.same("modify of nothing", flow(MODIFY).match(inPort(1)).apply(output(1)).message());
    to.same(
        "modify of nothing, to a group",
        flow(MODIFY).match(inPort(1)).apply("00160008 00000001").message());
    to.same(
        "modify of a rule to a group",
        add().message(),
        flow(MODIFY).apply("00160008 00000001").message());
    to.same(
        "modify of a rule to a meter",
        add().message(),
        flow(MODIFY).does("00060008 00000001").message());
    to.same("delete with instructions", add().message(), flow(DELETE).apply(output(1)).message());
    to.same(
        "delete with bad instructions",
        add().message(),
        flow(DELETE).does("00080008 00000000").message());
    to.same("delete with a bad match", flow(DELETE).match(tcpDst(80)).message());
    to.same("delete of nothing", flow(DELETE_STRICT).match(inPort(7)).message());
    to.same("a flow-mod without a match", msg(14, "00".repeat(40)));
    to.same("a flow-mod of a header", msg(14, ""));
    to.same("a flow-mod with half a match", msg(14, "00".repeat(40) + "0001 0008"));
    to.same("rubbish after the instructions", add().does(goTo(1), "0000").message());
    to.same(
        "padding that is not zero", add().message().replaceAll(ANY + "$", "0001 0004 00000001"));
  }

  private void instructions() {
    for (int type : new int[] {0, 7, 8, 0x7fff, 0xfffe}) {
      to.same("instruction type " + type, add().does(instruction(type, ZERO4)).message());
    }
    to.same("an experimenter's instruction", add().does(instruction(0xffff, "00002320")).message());
    to.same(
        "an unknown experimenter's", add().does(instruction(0xffff, "12345678" + ZERO8)).message());
    to.same("an experimenter's instruction of 4 bytes", add().does("ffff0004").message());
    to.same("clear, then write", add().does(instruction(5, ZERO4), write(output(1))).message());
    to.same("write, then clear", add().does(write(output(1)), instruction(5, ZERO4)).message());
    to.same("goto first", add().does(goTo(1), apply(output(1))).message());
    to.same(
        "all in reverse",
        add()
            .does(
                goTo(1),
                instruction(2, ZERO4 + ZERO8 + ZERO8),
                write(output(2)),
                instruction(5, ZERO4),
                apply(output(1)))
            .message());
    to.same("apply twice", add().does(apply(output(1)), apply(output(2))).message());
    to.same("goto twice", add().does(goTo(1), goTo(2)).message());
    to.same("write twice", add().does(write(output(1)), write(output(1))).message());
    to.same("clear twice", add().does(instruction(5, ZERO4), instruction(5, ZERO4)).message());
    to.same("clear with actions", add().does(instruction(5, ZERO4 + output(1))).message());
    to.same("an empty apply", add().does(apply()).message());
    to.same("an empty write", add().does(write()).message());
    to.same("goto of its own table", add().table(3).does(goTo(3)).message());
    to.same("goto of table 253", add().does(goTo(253)).message());
    to.same("goto of table 254", add().does(goTo(254)).message());
    to.same("goto of table 255", add().does(goTo(255)).message());
    to.same("goto with padding that is not zero", add().does("0001 0008 01 000001").message());
    to.same("goto of 16 bytes", add().does("0001 0010 01 000000" + ZERO8).message());
    to.same("goto in table 255", add().table(255).does(goTo(1)).message());
    to.same(
        "goto 1 in table 255 of a match",
        add().table(255).match(inPort(1)).does(goTo(1)).message());
    to.same("instruction of length 0", add().does("0001 0000 01 000000").message());
    to.same("instruction of length 4", add().does("0001 0004").message());
    to.same("instruction of length 7", add().does("0001 0007 01 000000").message());
    to.same("instruction longer than the message", add().does("0001 0010 01 000000").message());
    to.same(
        "apply with half an action", add().does("0004 0010 00000000 0000 0010 00000001").message());
    to.same(
        "write metadata without a mask",
        add().does(instruction(2, ZERO4 + ZERO8 + ZERO8)).message());
    to.same("write metadata of 16 bytes", add().does(instruction(2, ZERO4 + ZERO8)).message());
    to.same(
        "write metadata, padding not zero",
        add().does(instruction(2, "00000001" + ZERO8 + "ffffffffffffffff")).message());
    to.differs(
        "D-TEXT-METADATA",
        "write metadata outside its mask",
        add()
            .does(instruction(2, ZERO4 + "00000000000000ff" + "000000000000000f"), goTo(1))
            .message());
    to.same("meter 0", add().does(instruction(6, ZERO4)).message());
    to.same("meter 1, which is not there", add().does(instruction(6, "00000001")).message());
    to.same("meter ALL", add().does(instruction(6, "ffffffff")).message());
    to.same("meter SLOWPATH", add().does(instruction(6, "fffffffd")).message());
    to.same(
        "meter twice",
        add().does(instruction(6, "00000001"), instruction(6, "00000001")).message());
  }
}
