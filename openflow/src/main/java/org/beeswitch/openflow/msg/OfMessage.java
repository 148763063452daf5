// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/**
 * Anything that is said over an OpenFlow connection, apart from its version and transaction ({@link
 * OfFrame}).
 *
 * <p>One model for all versions: each message has room for the most that any version can say (OVS's
 * {@code ofputil_*} structures); a codec fills in what its version leaves out. All values are
 * immutable. Enumerations hold what a valid message can say: what is invalid never leaves a
 * decoder. Numbers whose unknown values are legal are ints, with the known ones as constants.
 *
 * <p>Handle all of them with {@code switch (m.type())} and no default, so that the next type does
 * not compile until every place has it.
 */
public sealed interface OfMessage
    permits Hello,
        OfError,
        EchoRequest,
        EchoReply,
        FeaturesRequest,
        FeaturesReply,
        GetConfigRequest,
        GetConfigReply,
        SetConfig,
        PacketIn,
        FlowRemoved,
        PortStatus,
        PacketOut,
        FlowMod,
        GroupMod,
        PortMod,
        TableMod,
        MultipartRequest,
        MultipartReply,
        BarrierRequest,
        BarrierReply,
        QueueGetConfigRequest,
        QueueGetConfigReply,
        RoleRequest,
        RoleReply,
        GetAsyncRequest,
        GetAsyncReply,
        SetAsync,
        MeterMod,
        SetPacketInFormat,
        Experimenter {

  /** Which record it is. */
  Type type();

  /** One constant for each record that is a message. */
  enum Type {
    HELLO,
    ERROR,
    ECHO_REQUEST,
    ECHO_REPLY,
    FEATURES_REQUEST,
    FEATURES_REPLY,
    GET_CONFIG_REQUEST,
    GET_CONFIG_REPLY,
    SET_CONFIG,
    PACKET_IN,
    FLOW_REMOVED,
    PORT_STATUS,
    PACKET_OUT,
    FLOW_MOD,
    GROUP_MOD,
    PORT_MOD,
    TABLE_MOD,
    MULTIPART_REQUEST,
    MULTIPART_REPLY,
    BARRIER_REQUEST,
    BARRIER_REPLY,
    QUEUE_GET_CONFIG_REQUEST,
    QUEUE_GET_CONFIG_REPLY,
    ROLE_REQUEST,
    ROLE_REPLY,
    GET_ASYNC_REQUEST,
    GET_ASYNC_REPLY,
    SET_ASYNC,
    METER_MOD,
    SET_PACKET_IN_FORMAT,
    EXPERIMENTER
  }
}
