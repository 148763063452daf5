// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.beeswitch.test.ovs.MessageBytes.*;

import java.util.List;

/**
 * Wrong and odd multipart requests, and messages about what is not there: groups, meters, queues,
 * experimenters.
 */
final class BadStatsRequests {
  private final BadMessages to;

  private BadStatsRequests(BadMessages to) {
    this.to = to;
  }

  static void addTo(BadMessages to) {
    BadStatsRequests c = new BadStatsRequests(to);
    c.multiparts();
    c.flowRequests();
    c.groupsMetersQueues();
    c.experimenters();
  }

  private void multiparts() {
    int[] known = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
    for (int type : known) {
      to.same("multipart " + type + " without a body", multipart(type, ""));
      to.same("multipart " + type + " with 4 bytes", multipart(type, "ffffffff"));
      to.same("multipart " + type + " with 8 bytes", multipart(type, "ffffffff00000000"));
      to.same("multipart " + type + " with 7 bytes", multipart(type, "ffffffff000000"));
      to.same("multipart " + type + " with 0s", multipart(type, ZERO8));
      to.same("multipart " + type + " for 1", multipart(type, "00000001 ffffffff"));
      to.same("multipart " + type + " for 99", multipart(type, "00000063 ffffffff"));
      to.same("multipart " + type + " with 40 bytes", multipart(type, "00".repeat(40)));
      to.same(
          "multipart " + type + ", flag 2",
          multipart(type, "").replaceFirst("0000" + ZERO4 + "$", "0002" + ZERO4));
      to.same(
          "multipart " + type + ", padding not zero",
          multipart(type, ZERO8).replaceFirst("00000000" + ZERO8 + "$", "00000001" + ZERO8));
    }
    for (int type : new int[] {14, 15, 16, 17, 18, 19, 20, 255, 0x7fff, 0xfffe}) {
      to.same("multipart type " + type, multipart(type, ""));
    }
    to.same("multipart of an unknown experimenter", multipart(0xffff, "12345678 00000001"));
    to.same("multipart of half an experimenter", multipart(0xffff, "1234"));
    to.same("multipart of Nicira's, unknown", multipart(0xffff, "00002320 00000077"));
    to.same(
        "multipart of Nicira's flow",
        multipart(0xffff, "00002320 00000000" + "ffff 0000 ff 000000"));
    to.same("multipart without a type", msg(18, ""));
    to.same("multipart of half a header", msg(18, "0000"));
    to.same(
        "table features that change a table",
        multipart(12, "0040 00 0000000000" + "00".repeat(56)));
    to.same("table features of length 0", multipart(12, "0000 00 0000000000" + "00".repeat(56)));
    to.same(
        "table features longer than the message",
        multipart(12, "0080 00 0000000000" + "00".repeat(56)));
  }

  private static String flowRequest(
      int type, int table, String outPort, String outGroup, String cookies, String match) {
    return multipart(
        type, String.format("%02x000000", table) + outPort + outGroup + ZERO4 + cookies + match);
  }

  private void flowRequests() {
    String rule = add().apply(output(1)).cookie("0000000000000005", ZERO8).message();
    String none = "00".repeat(16);
    for (int type : new int[] {1, 2}) {
      for (int table : new int[] {0, 1, 253, 254, 255}) {
        to.differs(
            table == 254 && type == 1 ? "D-MISS-RULE" : "",
            "stats " + type + " of table " + table,
            rule,
            flowRequest(type, table, "ffffffff", "ffffffff", none, ANY));
      }
      for (String port :
          List.of(
              "00000000",
              "00000001",
              "00000002",
              "0000ffff",
              "00010000",
              "ffffff00",
              "fffffffe",
              "fffffffb")) {
        to.same(
            "stats " + type + " of out_port " + port,
            rule,
            flowRequest(type, 255, port, "ffffffff", none, ANY));
      }
      for (String group : List.of("00000000", "00000001", "fffffffc", "ffffff00")) {
        to.same(
            "stats " + type + " of out_group " + group,
            rule,
            flowRequest(type, 255, "ffffffff", group, none, ANY));
      }
      to.same(
          "stats " + type + " of a cookie",
          rule,
          flowRequest(type, 255, "ffffffff", "ffffffff", "0000000000000005ffffffffffffffff", ANY));
      to.same(
          "stats " + type + " of another cookie",
          rule,
          flowRequest(type, 255, "ffffffff", "ffffffff", "0000000000000004ffffffffffffffff", ANY));
      to.same(
          "stats " + type + " of a cookie outside its mask",
          rule,
          flowRequest(type, 255, "ffffffff", "ffffffff", "00000000000000f5000000000000000f", ANY));
      to.same(
          "stats " + type + " of a bad match",
          rule,
          flowRequest(type, 255, "ffffffff", "ffffffff", none, ofpMatch(tcpDst(80))));
      to.same(
          "stats " + type + " of an unknown field",
          rule,
          flowRequest(type, 255, "ffffffff", "ffffffff", none, ofpMatch("80007e0400000000")));
      to.same(
          "stats " + type + " of a match of type 0",
          rule,
          flowRequest(type, 255, "ffffffff", "ffffffff", none, "0000000400000000"));
      to.same(
          "stats " + type + " with rubbish after it",
          rule,
          flowRequest(type, 255, "ffffffff", "ffffffff", none, ANY + ZERO8));
      to.same(
          "stats " + type + " padding not zero",
          rule,
          flowRequest(type, 255, "ffffffff", "ffffffff", none, ANY)
              .replaceFirst("ff000000", "ff000001"));
    }
  }

  private void groupsMetersQueues() {
    String bucket = "0020 0000 ffffffff ffffffff 00000000" + output(1);
    to.differs("R-GROUPS", "group ADD", msg(15, "0000 0000 00000001" + bucket));
    to.same("group MODIFY of none", msg(15, "0001 0000 00000001" + bucket));
    to.same("group DELETE of none", msg(15, "0002 0000 00000001"));
    to.same("group DELETE of ALL", msg(15, "0002 0000 fffffffc"));
    to.same("group DELETE of ALL of any type", msg(15, "0002 ff00 fffffffc"));
    to.same("group DELETE with buckets", msg(15, "0002 0000 00000001" + bucket));
    to.differs("R-GROUPS", "group ADD of ALL", msg(15, "0000 0000 fffffffc"));
    to.differs("R-GROUPS", "group ADD of 0xffffff01", msg(15, "0000 0000 ffffff01"));
    to.same("group command 9", msg(15, "0009 0000 00000001"));
    to.same("group type 9", msg(15, "0000 0900 00000001"));
    to.same("group padding not zero", msg(15, "0002 0001 00000001"));
    to.same("group too short", msg(15, "0000 0000"));
    to.same(
        "group with a bucket of length 0",
        msg(15, "0000 0000 00000001 0000 0000 ffffffff ffffffff 00000000"));
    to.same(
        "group with a bucket of length 15",
        msg(15, "0000 0000 00000001 000f 0000 ffffffff ffffffff 00000000"));
    to.same(
        "group with a bad action",
        msg(15, "0000 0000 00000001 0018 0000 ffffffff ffffffff 00000000 7777 0008 00000000"));
    to.same("INDIRECT group of two", msg(15, "0000 0200 00000001" + bucket + bucket));
    to.same("INDIRECT group of none", msg(15, "0000 0200 00000001"));
    to.same("FF group that watches nothing", msg(15, "0000 0300 00000001" + bucket));
    to.same(
        "weight without SELECT",
        msg(15, "0000 0000 00000001" + bucket.replaceFirst("0020 0000", "0020 0005")));

    String band = "0001 0010 000003e8 00000000 00000000";
    to.differs("R-METERS", "meter ADD", msg(29, "0000 0001 00000001" + band));
    to.same("meter MODIFY of none", msg(29, "0001 0001 00000001" + band));
    to.same("meter DELETE of none", msg(29, "0002 0000 00000001"));
    to.same("meter DELETE of ALL", msg(29, "0002 0000 ffffffff"));
    to.differs("R-METERS", "meter ADD of 0", msg(29, "0000 0001 00000000" + band));
    to.differs("R-METERS", "meter ADD of 0x10000000", msg(29, "0000 0001 10000000" + band));
    to.same("meter command 3", msg(29, "0003 0001 00000001" + band));
    to.differs("R-METERS", "meter without a rate's unit", msg(29, "0000 0000 00000001" + band));
    to.same("meter with both units", msg(29, "0000 0003 00000001" + band));
    to.differs("R-METERS", "meter with an unknown flag", msg(29, "0000 0010 00000001" + band));
    to.same(
        "meter with a band of type 0",
        msg(29, "0000 0001 00000001" + band.replaceFirst("0001", "0000")));
    to.same("meter with a band of length 8", msg(29, "0000 0001 00000001 0001 0008 000003e8"));
    to.differs("R-METERS", "meter without bands", msg(29, "0000 0001 00000001"));
    to.same(
        "meter of an experimenter's band",
        msg(29, "0000 0001 00000001 ffff 0010 000003e8 00000000 00000000"));
    to.same("meter too short", msg(29, "0000"));

    for (String port :
        List.of(
            "00000000",
            "00000001",
            "00000063",
            "fffffffe",
            "ffffffff",
            "fffffffb",
            "0000ffff",
            "00010000")) {
      to.same("queue-get-config of " + port, msg(22, port + ZERO4));
      for (String queue : List.of("00000000", "00000001", "ffffffff")) {
        to.same("queue stats of " + port + " " + queue, multipart(5, port + queue));
      }
      to.same("port stats of " + port, multipart(4, port + ZERO4));
    }
    to.same("queue-get-config, padding not zero", msg(22, "00000001 00000001"));
    to.same("queue-get-config too short", msg(22, "00000001"));
  }

  private void experimenters() {
    to.same("an unknown experimenter", msg(4, "12345678 00000001"));
    to.same("an experimenter of 4 bytes", msg(4, "12345678"));
    to.same("an experimenter of nothing", msg(4, ""));
    to.same("Nicira's of 4 bytes", msg(4, "00002320"));
    to.same("Nicira's, unknown", msg(4, "00002320 00007777"));
    to.same("ONF's, unknown", msg(4, "4f4e4600 00007777"));
    to.same("Nicira's set-packet-in-format, too short", msg(4, "00002320 00000010"));
    to.same("Nicira's set-packet-in-format", msg(4, "00002320 00000010 00000000"));
    to.differs(
        "R-NX-MESSAGE",
        "Nicira's set-controller-id",
        msg(4, "00002320 00000014 000000000000 0005"));
    to.same("an unknown experimenter's statistics", multipart(0xffff, "12345678 00000001"));
    to.same("ONF's statistics, unknown", multipart(0xffff, "4f4e4600 00007777"));
    to.differs(
        "R-NX-MESSAGE",
        "ONF's flow monitor",
        multipart(
            0xffff, "4f4e4600 0000074e 00000001 ffffffff ffffffff 0007 ff 00 0001 0004 00000000"));
    to.differs("R-NX-MESSAGE", "ONF's bundle", msg(4, "4f4e4600 000008fc 00000001 0000 0001"));
  }
}
