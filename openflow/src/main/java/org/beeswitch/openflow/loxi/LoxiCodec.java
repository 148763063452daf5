// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.loxi;

import io.netty.buffer.ByteBuf;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.beeswitch.openflow.msg.AsyncConfig;
import org.beeswitch.openflow.msg.BarrierReply;
import org.beeswitch.openflow.msg.BarrierRequest;
import org.beeswitch.openflow.msg.FeaturesReply;
import org.beeswitch.openflow.msg.FeaturesRequest;
import org.beeswitch.openflow.msg.GetAsyncReply;
import org.beeswitch.openflow.msg.GetAsyncRequest;
import org.beeswitch.openflow.msg.GetConfigRequest;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.Role;
import org.beeswitch.openflow.msg.RoleReply;
import org.beeswitch.openflow.msg.RoleRequest;
import org.beeswitch.openflow.msg.SetAsync;
import org.beeswitch.openflow.msg.TableMod;
import org.projectfloodlight.openflow.exceptions.OFParseError;
import org.projectfloodlight.openflow.protocol.OFAsyncGetReply;
import org.projectfloodlight.openflow.protocol.OFAsyncSet;
import org.projectfloodlight.openflow.protocol.OFCapabilities;
import org.projectfloodlight.openflow.protocol.OFControllerRole;
import org.projectfloodlight.openflow.protocol.OFFactories;
import org.projectfloodlight.openflow.protocol.OFFactory;
import org.projectfloodlight.openflow.protocol.OFFeaturesReply;
import org.projectfloodlight.openflow.protocol.OFMessageReader;
import org.projectfloodlight.openflow.protocol.OFRoleReply;
import org.projectfloodlight.openflow.protocol.OFRoleRequest;
import org.projectfloodlight.openflow.protocol.OFTableMod;
import org.projectfloodlight.openflow.protocol.OFVersion;
import org.projectfloodlight.openflow.types.DatapathId;
import org.projectfloodlight.openflow.types.OFAuxId;
import org.projectfloodlight.openflow.types.U64;

/**
 * OpenFlow 1.3 messages with a fixed body and no match, action or experimenter part, read and
 * written by openflowj. It is good at these, and at nothing where something can be wrong: an
 * unknown value makes it fail without saying why, so a reader has checked the type, the length and
 * every field that can be wrong before it comes here.
 */
public final class LoxiCodec {
  private LoxiCodec() {}

  private static final OFFactory OF13 = OFFactories.getFactory(OFVersion.OF_13);
  private static final OFMessageReader<org.projectfloodlight.openflow.protocol.OFMessage> READER =
      OF13.getReader();

  /** Bits that a 1.3 SET_ASYNC can have: reasons 0 to 2, 0 to 2, and 0 to 5 with Nicira's. */
  private static final int PACKET_IN_REASONS = 7;

  private static final int PORT_STATUS_REASONS = 7;
  private static final int FLOW_REMOVED_REASONS = 0x3f;

  /**
   * Reads the checked message of that type at the reader index, which stays.
   *
   * @throws IllegalStateException if openflowj finds it wrong: our checks are then
   */
  public static OfMessage read(OfMessage.Type type, ByteBuf frame) {
    return switch (type) {
      case FEATURES_REQUEST -> new FeaturesRequest();
      case GET_CONFIG_REQUEST -> new GetConfigRequest();
      case BARRIER_REQUEST -> new BarrierRequest();
      case BARRIER_REPLY -> new BarrierReply();
      case GET_ASYNC_REQUEST -> new GetAsyncRequest();
      default -> readBody(type, frame);
    };
  }

  private static OfMessage readBody(OfMessage.Type type, ByteBuf frame) {
    int start = frame.readerIndex();
    try {
      return fromLoxi(type, READER.readFrom(frame));
    } catch (OFParseError e) {
      throw new IllegalStateException(type + " passed our checks and not openflowj's", e);
    } finally {
      frame.readerIndex(start);
    }
  }

  private static OfMessage fromLoxi(
      OfMessage.Type type, org.projectfloodlight.openflow.protocol.OFMessage m) {
    return switch (type) {
      case FEATURES_REPLY -> features((OFFeaturesReply) m);
      case ROLE_REQUEST -> {
        OFRoleRequest r = (OFRoleRequest) m;
        yield new RoleRequest(role(r.getRole()), r.getGenerationId().getValue());
      }
      case ROLE_REPLY -> {
        OFRoleReply r = (OFRoleReply) m;
        yield new RoleReply(role(r.getRole()), r.getGenerationId().getValue());
      }
      case SET_ASYNC -> {
        OFAsyncSet a = (OFAsyncSet) m;
        yield new SetAsync(
            async(
                a.getPacketInMaskEqualMaster(),
                a.getPacketInMaskSlave(),
                a.getPortStatusMaskEqualMaster(),
                a.getPortStatusMaskSlave(),
                a.getFlowRemovedMaskEqualMaster(),
                a.getFlowRemovedMaskSlave()));
      }
      case GET_ASYNC_REPLY -> {
        OFAsyncGetReply a = (OFAsyncGetReply) m;
        yield new GetAsyncReply(
            async(
                a.getPacketInMaskEqualMaster(),
                a.getPacketInMaskSlave(),
                a.getPortStatusMaskEqualMaster(),
                a.getPortStatusMaskSlave(),
                a.getFlowRemovedMaskEqualMaster(),
                a.getFlowRemovedMaskSlave()));
      }
      case TABLE_MOD ->
          new TableMod(((OFTableMod) m).getTableId().getValue() & 0xff, TableMod.Miss.DEFAULT);
      default -> throw new IllegalStateException(type + " is not read by openflowj");
    };
  }

  /** Whether {@link #read} and {@link #write} are for it. */
  public static boolean handles(OfMessage.Type type) {
    return switch (type) {
      case FEATURES_REQUEST,
          FEATURES_REPLY,
          GET_CONFIG_REQUEST,
          BARRIER_REQUEST,
          BARRIER_REPLY,
          ROLE_REQUEST,
          ROLE_REPLY,
          GET_ASYNC_REQUEST,
          GET_ASYNC_REPLY,
          SET_ASYNC,
          TABLE_MOD ->
          true;
      default -> false;
    };
  }

  /** Writes a whole message, header included. */
  public static void write(OfMessage m, int xid, ByteBuf out) {
    long x = xid & 0xffffffffL;
    org.projectfloodlight.openflow.protocol.OFMessage loxi =
        switch (m.type()) {
          case FEATURES_REQUEST -> OF13.buildFeaturesRequest().setXid(x).build();
          case GET_CONFIG_REQUEST -> OF13.buildGetConfigRequest().setXid(x).build();
          case BARRIER_REQUEST -> OF13.buildBarrierRequest().setXid(x).build();
          case BARRIER_REPLY -> OF13.buildBarrierReply().setXid(x).build();
          case GET_ASYNC_REQUEST -> OF13.buildAsyncGetRequest().setXid(x).build();
          case FEATURES_REPLY -> {
            FeaturesReply f = (FeaturesReply) m;
            yield OF13.buildFeaturesReply()
                .setXid(x)
                .setDatapathId(DatapathId.of(f.datapathId()))
                .setNBuffers(f.bufferCount() & 0xffffffffL)
                .setNTables((short) f.tableCount())
                .setAuxiliaryId(OFAuxId.of(f.auxiliaryId()))
                .setCapabilities(capabilities(f.capabilities()))
                .build();
          }
          case ROLE_REQUEST -> {
            RoleRequest r = (RoleRequest) m;
            yield OF13.buildRoleRequest()
                .setXid(x)
                .setRole(role(r.role()))
                .setGenerationId(U64.of(r.generationId()))
                .build();
          }
          case ROLE_REPLY -> {
            RoleReply r = (RoleReply) m;
            yield OF13.buildRoleReply()
                .setXid(x)
                .setRole(role(r.role()))
                .setGenerationId(U64.of(r.generationId()))
                .build();
          }
          case SET_ASYNC -> {
            AsyncConfig a = ((SetAsync) m).config();
            yield OF13.buildAsyncSet()
                .setXid(x)
                .setPacketInMaskEqualMaster(u32(a.packetIn()))
                .setPacketInMaskSlave(u32(a.packetInSecondary()))
                .setPortStatusMaskEqualMaster(u32(a.portStatus()))
                .setPortStatusMaskSlave(u32(a.portStatusSecondary()))
                .setFlowRemovedMaskEqualMaster(u32(a.flowRemoved()))
                .setFlowRemovedMaskSlave(u32(a.flowRemovedSecondary()))
                .build();
          }
          case GET_ASYNC_REPLY -> {
            AsyncConfig a = ((GetAsyncReply) m).config();
            yield OF13.buildAsyncGetReply()
                .setXid(x)
                .setPacketInMaskEqualMaster(u32(a.packetIn()))
                .setPacketInMaskSlave(u32(a.packetInSecondary()))
                .setPortStatusMaskEqualMaster(u32(a.portStatus()))
                .setPortStatusMaskSlave(u32(a.portStatusSecondary()))
                .setFlowRemovedMaskEqualMaster(u32(a.flowRemoved()))
                .setFlowRemovedMaskSlave(u32(a.flowRemovedSecondary()))
                .build();
          }
          case TABLE_MOD ->
              OF13.buildTableMod()
                  .setXid(x)
                  .setTableId(
                      org.projectfloodlight.openflow.types.TableId.of(((TableMod) m).tableId()))
                  .setConfig(0)
                  .build();
          default -> throw new IllegalStateException(m.type() + " is not written by openflowj");
        };
    loxi.writeTo(out);
  }

  private static long u32(int v) {
    return v & 0xffffffffL;
  }

  private static AsyncConfig async(
      long packetIn,
      long packetInSlave,
      long portStatus,
      long portStatusSlave,
      long flowRemoved,
      long flowRemovedSlave) {
    return new AsyncConfig(
        (int) packetIn & PACKET_IN_REASONS,
        (int) packetInSlave & PACKET_IN_REASONS,
        (int) portStatus & PORT_STATUS_REASONS,
        (int) portStatusSlave & PORT_STATUS_REASONS,
        (int) flowRemoved & FLOW_REMOVED_REASONS,
        (int) flowRemovedSlave & FLOW_REMOVED_REASONS);
  }

  private static Role role(OFControllerRole r) {
    return switch (r) {
      case ROLE_NOCHANGE -> Role.NOCHANGE;
      case ROLE_EQUAL -> Role.EQUAL;
      case ROLE_MASTER -> Role.PRIMARY;
      case ROLE_SLAVE -> Role.SECONDARY;
    };
  }

  private static OFControllerRole role(Role r) {
    return switch (r) {
      case NOCHANGE -> OFControllerRole.ROLE_NOCHANGE;
      case EQUAL -> OFControllerRole.ROLE_EQUAL;
      case PRIMARY -> OFControllerRole.ROLE_MASTER;
      case SECONDARY -> OFControllerRole.ROLE_SLAVE;
    };
  }

  private static final List<OFCapabilities> CAPABILITIES =
      List.of(
          OFCapabilities.FLOW_STATS,
          OFCapabilities.TABLE_STATS,
          OFCapabilities.PORT_STATS,
          OFCapabilities.GROUP_STATS,
          OFCapabilities.IP_REASM,
          OFCapabilities.QUEUE_STATS,
          OFCapabilities.PORT_BLOCKED);
  private static final int[] CAPABILITY_BITS = {
    FeaturesReply.C_FLOW_STATS,
    FeaturesReply.C_TABLE_STATS,
    FeaturesReply.C_PORT_STATS,
    FeaturesReply.C_GROUP_STATS,
    FeaturesReply.C_IP_REASM,
    FeaturesReply.C_QUEUE_STATS,
    FeaturesReply.C_PORT_BLOCKED
  };

  private static FeaturesReply features(OFFeaturesReply f) {
    int bits = 0;
    for (int i = 0; i < CAPABILITY_BITS.length; i++) {
      bits |= f.getCapabilities().contains(CAPABILITIES.get(i)) ? CAPABILITY_BITS[i] : 0;
    }
    return new FeaturesReply(
        f.getDatapathId().getLong(),
        (int) f.getNBuffers(),
        f.getNTables() & 0xff,
        f.getAuxiliaryId().getValue() & 0xff,
        bits,
        List.of());
  }

  private static Set<OFCapabilities> capabilities(int bits) {
    Set<OFCapabilities> set = EnumSet.noneOf(OFCapabilities.class);
    for (int i = 0; i < CAPABILITY_BITS.length; i++) {
      if ((bits & CAPABILITY_BITS[i]) != 0) {
        set.add(CAPABILITIES.get(i));
      }
    }
    return set;
  }
}
