// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import static org.beeswitch.openflow.msg.Experimenter.NICIRA;
import static org.beeswitch.openflow.msg.Experimenter.ONF;

import java.util.HashMap;
import java.util.Map;
import org.beeswitch.openflow.msg.OfMessage;
import org.jspecify.annotations.Nullable;

/**
 * Every message that OVS knows at 1.3, with the lengths it accepts (OVS {@code ofp-msgs.h}): its
 * first check, before anything is looked at.
 *
 * @param type which record it becomes
 * @param headerBytes header, with the multipart and experimenter headers where it has them
 * @param minBody bytes that the body has at least
 * @param multiple 0: exactly these; otherwise longer by any multiple of it
 * @param toSwitch whether a switch takes it; OVS answers BAD_TYPE to the others
 */
record Wire(OfMessage.Type type, int headerBytes, int minBody, int multiple, boolean toSwitch) {

  // Types, OF 1.3.5, 7.1.1.
  static final int HELLO = 0;
  static final int ERROR = 1;
  static final int ECHO_REQUEST = 2;
  static final int ECHO_REPLY = 3;
  static final int EXPERIMENTER = 4;
  static final int FEATURES_REQUEST = 5;
  static final int FEATURES_REPLY = 6;
  static final int GET_CONFIG_REQUEST = 7;
  static final int GET_CONFIG_REPLY = 8;
  static final int SET_CONFIG = 9;
  static final int PACKET_IN = 10;
  static final int FLOW_REMOVED = 11;
  static final int PORT_STATUS = 12;
  static final int PACKET_OUT = 13;
  static final int FLOW_MOD = 14;
  static final int GROUP_MOD = 15;
  static final int PORT_MOD = 16;
  static final int TABLE_MOD = 17;
  static final int MULTIPART_REQUEST = 18;
  static final int MULTIPART_REPLY = 19;
  static final int BARRIER_REQUEST = 20;
  static final int BARRIER_REPLY = 21;
  static final int QUEUE_GET_CONFIG_REQUEST = 22;
  static final int QUEUE_GET_CONFIG_REPLY = 23;
  static final int ROLE_REQUEST = 24;
  static final int ROLE_REPLY = 25;
  static final int GET_ASYNC_REQUEST = 26;
  static final int GET_ASYNC_REPLY = 27;
  static final int SET_ASYNC = 28;
  static final int METER_MOD = 29;

  // Multipart types, OF 1.3.5, 7.3.5; MultipartType's ordinals but for the last two.
  static final int MP_DESC = 0;
  static final int MP_FLOW = 1;
  static final int MP_AGGREGATE = 2;
  static final int MP_TABLE = 3;
  static final int MP_PORT_STATS = 4;
  static final int MP_QUEUE = 5;
  static final int MP_GROUP = 6;
  static final int MP_GROUP_DESC = 7;
  static final int MP_GROUP_FEATURES = 8;
  static final int MP_METER = 9;
  static final int MP_METER_CONFIG = 10;
  static final int MP_METER_FEATURES = 11;
  static final int MP_TABLE_FEATURES = 12;
  static final int MP_PORT_DESC = 13;
  static final int MP_EXPERIMENTER = 0xffff;

  /** Bytes of a message header and a multipart header. */
  static final int MULTIPART_HEADER = 16;

  /** Bytes of a message header and an experimenter header. */
  static final int EXPERIMENTER_HEADER = 16;

  /** Bytes of a multipart header and an experimenter header. */
  static final int MULTIPART_EXPERIMENTER_HEADER = 24;

  /** OFPMPF_REQ_MORE and OFPMPF_REPLY_MORE. */
  static final int MORE = 1;

  private static final @Nullable Wire[] PLAIN = new Wire[30];
  private static final @Nullable Wire[] REQUEST = new Wire[14];
  private static final @Nullable Wire[] REPLY = new Wire[14];
  private static final Map<Long, Wire> EXPERIMENTERS = new HashMap<>();
  private static final Map<Long, Wire> EXPERIMENTER_REQUESTS = new HashMap<>();
  private static final Map<Long, Wire> EXPERIMENTER_REPLIES = new HashMap<>();

  /** The message with this type number; null if there is none. */
  static @Nullable Wire plain(int type) {
    return type < PLAIN.length ? PLAIN[type] : null;
  }

  static @Nullable Wire multipart(boolean request, int type) {
    Wire[] all = request ? REQUEST : REPLY;
    return type < all.length ? all[type] : null;
  }

  static @Nullable Wire experimenter(int vendor, int subtype) {
    return EXPERIMENTERS.get(key(vendor, subtype));
  }

  static @Nullable Wire experimenterMultipart(boolean request, int vendor, int subtype) {
    return (request ? EXPERIMENTER_REQUESTS : EXPERIMENTER_REPLIES).get(key(vendor, subtype));
  }

  /** Whether a message of this length, headers included, may be one of these. */
  boolean accepts(int length) {
    int min = headerBytes + minBody;
    return multiple == 0 ? length == min : length >= min && (length - min) % multiple == 0;
  }

  static {
    toSwitch(HELLO, OfMessage.Type.HELLO, 0, 1);
    toSwitch(ERROR, OfMessage.Type.ERROR, 4, 1);
    toSwitch(ECHO_REQUEST, OfMessage.Type.ECHO_REQUEST, 0, 1);
    toSwitch(ECHO_REPLY, OfMessage.Type.ECHO_REPLY, 0, 1);
    toSwitch(FEATURES_REQUEST, OfMessage.Type.FEATURES_REQUEST, 0, 0);
    toController(FEATURES_REPLY, OfMessage.Type.FEATURES_REPLY, 24, 0);
    toSwitch(GET_CONFIG_REQUEST, OfMessage.Type.GET_CONFIG_REQUEST, 0, 0);
    toController(GET_CONFIG_REPLY, OfMessage.Type.GET_CONFIG_REPLY, 4, 0);
    toSwitch(SET_CONFIG, OfMessage.Type.SET_CONFIG, 4, 0);
    toController(PACKET_IN, OfMessage.Type.PACKET_IN, 16, 1);
    toController(FLOW_REMOVED, OfMessage.Type.FLOW_REMOVED, 40, 8);
    toController(PORT_STATUS, OfMessage.Type.PORT_STATUS, 72, 0);
    toSwitch(PACKET_OUT, OfMessage.Type.PACKET_OUT, 16, 1);
    toSwitch(FLOW_MOD, OfMessage.Type.FLOW_MOD, 40, 8);
    toSwitch(GROUP_MOD, OfMessage.Type.GROUP_MOD, 8, 8);
    toSwitch(PORT_MOD, OfMessage.Type.PORT_MOD, 32, 0);
    toSwitch(TABLE_MOD, OfMessage.Type.TABLE_MOD, 8, 0);
    toSwitch(BARRIER_REQUEST, OfMessage.Type.BARRIER_REQUEST, 0, 0);
    toController(BARRIER_REPLY, OfMessage.Type.BARRIER_REPLY, 0, 0);
    toSwitch(QUEUE_GET_CONFIG_REQUEST, OfMessage.Type.QUEUE_GET_CONFIG_REQUEST, 8, 0);
    toController(QUEUE_GET_CONFIG_REPLY, OfMessage.Type.QUEUE_GET_CONFIG_REPLY, 8, 8);
    toSwitch(ROLE_REQUEST, OfMessage.Type.ROLE_REQUEST, 16, 0);
    toController(ROLE_REPLY, OfMessage.Type.ROLE_REPLY, 16, 0);
    toSwitch(GET_ASYNC_REQUEST, OfMessage.Type.GET_ASYNC_REQUEST, 0, 0);
    toController(GET_ASYNC_REPLY, OfMessage.Type.GET_ASYNC_REPLY, 24, 0);
    toSwitch(SET_ASYNC, OfMessage.Type.SET_ASYNC, 24, 0);
    toSwitch(METER_MOD, OfMessage.Type.METER_MOD, 8, 8);

    stats(MP_DESC, 0, 0, 1056, 0);
    stats(MP_FLOW, 32, 8, 0, 1);
    stats(MP_AGGREGATE, 32, 8, 24, 0);
    stats(MP_TABLE, 0, 0, 0, 24);
    stats(MP_PORT_STATS, 8, 0, 0, 112);
    stats(MP_QUEUE, 8, 0, 0, 40);
    stats(MP_GROUP, 8, 0, 0, 8);
    stats(MP_GROUP_DESC, 0, 0, 0, 8);
    stats(MP_GROUP_FEATURES, 0, 0, 40, 0);
    stats(MP_METER, 8, 0, 0, 8);
    stats(MP_METER_CONFIG, 8, 0, 0, 8);
    stats(MP_METER_FEATURES, 0, 0, 16, 0);
    stats(MP_TABLE_FEATURES, 0, 8, 64, 8);
    stats(MP_PORT_DESC, 0, 0, 0, 64);

    // Nicira messages that OVS takes at 1.3 (NXT_*).
    experimenter(NICIRA, 10, 4, 0, true); // role request
    experimenter(NICIRA, 11, 4, 0, false); // role reply
    experimenter(NICIRA, 13, 32, 8, true); // flow mod
    experimenter(NICIRA, 14, 40, 8, false); // flow removed
    experimenter(NICIRA, 15, 8, 0, true); // flow mod table id
    experimenter(NICIRA, 16, 4, 0, true); // set packet in format
    experimenter(NICIRA, 17, 24, 1, false); // packet in
    experimenter(NICIRA, 18, 0, 0, true); // flow age
    experimenter(NICIRA, 19, 24, 0, true); // set async config
    experimenter(NICIRA, 20, 8, 0, true); // set controller id
    experimenter(NICIRA, 24, 8, 8, true); // tlv table mod
    experimenter(NICIRA, 25, 0, 0, true); // tlv table request
    experimenter(NICIRA, 26, 16, 8, false); // tlv table reply
    experimenter(NICIRA, 27, 0, 8, true); // set async config 2
    experimenter(NICIRA, 28, 0, 8, true); // resume
    experimenter(NICIRA, 29, 8, 0, true); // ct flush zone
    experimenter(NICIRA, 30, 0, 8, false); // packet in 2
    experimenter(NICIRA, 32, 8, 8, true); // ct flush
    experimenter(ONF, 1870, 4, 0, true); // flow monitor cancel
    experimenter(ONF, 1871, 0, 0, false); // flow monitor paused
    experimenter(ONF, 1872, 0, 0, false); // flow monitor resumed
    experimenter(ONF, 1911, 16, 8, false); // role status
    experimenter(ONF, 2300, 8, 8, true); // bundle control
    experimenter(ONF, 2301, 8, 1, true); // bundle add message
    experimenter(ONF, 2350, 8, 8, false); // request forward
    experimenterStats(NICIRA, 3, 0, 0, 80, 0); // ipfix bridge
    experimenterStats(NICIRA, 4, 0, 0, 0, 80); // ipfix flow
    experimenterStats(ONF, 1870, 0, 8, 0, 8); // flow monitor
  }

  private static void toSwitch(int n, OfMessage.Type type, int minBody, int multiple) {
    PLAIN[n] = new Wire(type, 8, minBody, multiple, true);
  }

  private static void toController(int n, OfMessage.Type type, int minBody, int multiple) {
    PLAIN[n] = new Wire(type, 8, minBody, multiple, false);
  }

  private static void stats(int n, int reqMin, int reqMultiple, int repMin, int repMultiple) {
    REQUEST[n] = request(MULTIPART_HEADER, reqMin, reqMultiple);
    REPLY[n] = reply(MULTIPART_HEADER, repMin, repMultiple);
  }

  private static void experimenter(
      int vendor, int subtype, int minBody, int multiple, boolean toSwitch) {
    EXPERIMENTERS.put(
        key(vendor, subtype),
        new Wire(OfMessage.Type.EXPERIMENTER, EXPERIMENTER_HEADER, minBody, multiple, toSwitch));
  }

  private static void experimenterStats(
      int vendor, int subtype, int reqMin, int reqMultiple, int repMin, int repMultiple) {
    int header = MULTIPART_EXPERIMENTER_HEADER;
    EXPERIMENTER_REQUESTS.put(key(vendor, subtype), request(header, reqMin, reqMultiple));
    EXPERIMENTER_REPLIES.put(key(vendor, subtype), reply(header, repMin, repMultiple));
  }

  private static Wire request(int header, int minBody, int multiple) {
    return new Wire(OfMessage.Type.MULTIPART_REQUEST, header, minBody, multiple, true);
  }

  private static Wire reply(int header, int minBody, int multiple) {
    return new Wire(OfMessage.Type.MULTIPART_REPLY, header, minBody, multiple, false);
  }

  private static Long key(int vendor, int subtype) {
    return (long) vendor << 32 | subtype & 0xffffffffL;
  }
}
