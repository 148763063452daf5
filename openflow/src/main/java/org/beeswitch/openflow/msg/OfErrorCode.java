// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every error that an OpenFlow 1.3 switch or controller can name, under OVS's names (OVS {@code
 * ofp-errors.h}; OF 1.3.5, 7.4.4). Errors of later versions that 1.3 can only say as an
 * experimenter's are here with that form: {@link #vendor()} is not zero, {@link #errorType()} is
 * the experimenter's type and there is no code.
 *
 * <p>The numbers are those of OpenFlow 1.3. A codec of another version maps names to its own.
 */
public enum OfErrorCode {
  OFPHFC_INCOMPATIBLE(0, 0),
  OFPHFC_EPERM(0, 1),
  OFPBRC_BAD_VERSION(1, 0),
  OFPBRC_BAD_TYPE(1, 1),
  OFPBRC_BAD_STAT(1, 2),
  OFPBRC_BAD_VENDOR(1, 3),
  OFPBRC_BAD_SUBTYPE(1, 4),
  OFPBRC_EPERM(1, 5),
  OFPBRC_BAD_LEN(1, 6),
  OFPBRC_BUFFER_EMPTY(1, 7),
  OFPBRC_BUFFER_UNKNOWN(1, 8),
  OFPBRC_BAD_TABLE_ID(1, 9),
  OFPBRC_IS_SECONDARY(1, 10),
  OFPBRC_BAD_PORT(1, 11),
  OFPBRC_BAD_PACKET(1, 12),
  OFPBRC_MULTIPART_BUFFER_OVERFLOW(1, 13),
  OFPBRC_MULTIPART_REQUEST_TIMEOUT(Vendor.ONF, 2640),
  OFPBRC_MULTIPART_REPLY_TIMEOUT(Vendor.ONF, 2641),
  NXBRC_NXM_INVALID(Vendor.NICIRA, 2),
  NXBRC_NXM_BAD_TYPE(Vendor.NICIRA, 3),
  NXBRC_MUST_BE_ZERO(Vendor.NICIRA, 4),
  NXBRC_BAD_REASON(Vendor.NICIRA, 5),
  NXBRC_FM_BAD_EVENT(Vendor.NICIRA, 9),
  NXBRC_UNENCODABLE_ERROR(Vendor.NICIRA, 10),
  OFPBAC_BAD_TYPE(2, 0),
  OFPBAC_BAD_LEN(2, 1),
  OFPBAC_BAD_VENDOR(2, 2),
  OFPBAC_BAD_VENDOR_TYPE(2, 3),
  OFPBAC_BAD_OUT_PORT(2, 4),
  OFPBAC_BAD_ARGUMENT(2, 5),
  OFPBAC_EPERM(2, 6),
  OFPBAC_TOO_MANY(2, 7),
  OFPBAC_BAD_QUEUE(2, 8),
  OFPBAC_BAD_OUT_GROUP(2, 9),
  OFPBAC_MATCH_INCONSISTENT(2, 10),
  OFPBAC_UNSUPPORTED_ORDER(2, 11),
  OFPBAC_BAD_TAG(2, 12),
  OFPBAC_BAD_SET_TYPE(2, 13),
  OFPBAC_BAD_SET_LEN(2, 14),
  OFPBAC_BAD_SET_ARGUMENT(2, 15),
  OFPBAC_BAD_SET_MASK(Vendor.ONF, 4250),
  NXBAC_MUST_BE_ZERO(Vendor.NICIRA, 11),
  NXBAC_BAD_CONJUNCTION(Vendor.NICIRA, 15),
  NXBAC_BAD_HEADER_TYPE(Vendor.NICIRA, 39),
  NXBAC_UNKNOWN_ED_PROP(Vendor.NICIRA, 40),
  NXBAC_BAD_ED_PROP(Vendor.NICIRA, 41),
  NXBAC_CT_DATAPATH_SUPPORT(Vendor.NICIRA, 42),
  OFPBIC_UNKNOWN_INST(3, 0),
  OFPBIC_UNSUP_INST(3, 1),
  OFPBIC_BAD_TABLE_ID(3, 2),
  OFPBIC_UNSUP_METADATA(3, 3),
  OFPBIC_UNSUP_METADATA_MASK(3, 4),
  OFPBIC_BAD_EXPERIMENTER(3, 5),
  OFPBIC_BAD_EXP_TYPE(3, 6),
  OFPBIC_BAD_LEN(3, 7),
  OFPBIC_EPERM(3, 8),
  OFPBIC_DUP_INST(Vendor.ONF, 2600),
  OFPBMC_BAD_TYPE(4, 0),
  OFPBMC_BAD_LEN(4, 1),
  OFPBMC_BAD_TAG(4, 2),
  OFPBMC_BAD_DL_ADDR_MASK(4, 3),
  OFPBMC_BAD_NW_ADDR_MASK(4, 4),
  OFPBMC_BAD_WILDCARDS(4, 5),
  OFPBMC_BAD_FIELD(4, 6),
  OFPBMC_BAD_VALUE(4, 7),
  OFPBMC_BAD_MASK(4, 8),
  OFPBMC_BAD_PREREQ(4, 9),
  OFPBMC_DUP_FIELD(4, 10),
  OFPBMC_EPERM(4, 11),
  NXBMC_CT_DATAPATH_SUPPORT(Vendor.NICIRA, 43),
  OFPFMFC_UNKNOWN(5, 0),
  OFPFMFC_TABLE_FULL(5, 1),
  OFPFMFC_BAD_TABLE_ID(5, 2),
  OFPFMFC_OVERLAP(5, 3),
  OFPFMFC_EPERM(5, 4),
  OFPFMFC_BAD_TIMEOUT(5, 5),
  OFPFMFC_BAD_COMMAND(5, 6),
  OFPFMFC_BAD_FLAGS(5, 7),
  OFPFMFC_BAD_PRIORITY(Vendor.ONF, 2360),
  NXFMFC_HARDWARE(Vendor.NICIRA, 12),
  NXFMFC_BAD_TABLE_ID(Vendor.NICIRA, 13),
  NXFMFC_INVALID_TLV_FIELD(Vendor.NICIRA, 37),
  OFPGMFC_GROUP_EXISTS(6, 0),
  OFPGMFC_INVALID_GROUP(6, 1),
  OFPGMFC_WEIGHT_UNSUPPORTED(6, 2),
  OFPGMFC_OUT_OF_GROUPS(6, 3),
  OFPGMFC_OUT_OF_BUCKETS(6, 4),
  OFPGMFC_CHAINING_UNSUPPORTED(6, 5),
  OFPGMFC_WATCH_UNSUPPORTED(6, 6),
  OFPGMFC_LOOP(6, 7),
  OFPGMFC_UNKNOWN_GROUP(6, 8),
  OFPGMFC_CHAINED_GROUP(6, 9),
  OFPGMFC_BAD_TYPE(6, 10),
  OFPGMFC_BAD_COMMAND(6, 11),
  OFPGMFC_BAD_BUCKET(6, 12),
  OFPGMFC_BAD_WATCH(6, 13),
  OFPGMFC_EPERM(6, 14),
  OFPPMFC_BAD_PORT(7, 0),
  OFPPMFC_BAD_HW_ADDR(7, 1),
  OFPPMFC_BAD_CONFIG(7, 2),
  OFPPMFC_BAD_ADVERTISE(7, 3),
  OFPPMFC_EPERM(7, 4),
  OFPTMFC_BAD_TABLE(8, 0),
  OFPTMFC_BAD_CONFIG(8, 1),
  OFPTMFC_EPERM(8, 2),
  OFPQOFC_BAD_PORT(9, 0),
  OFPQOFC_BAD_QUEUE(9, 1),
  OFPQOFC_EPERM(9, 2),
  OFPSCFC_BAD_FLAGS(10, 0),
  OFPSCFC_BAD_LEN(10, 1),
  OFPSCFC_EPERM(10, 2),
  OFPRRFC_STALE(11, 0),
  OFPRRFC_UNSUP(11, 1),
  OFPRRFC_BAD_ROLE(11, 2),
  OFPMMFC_UNKNOWN(12, 0),
  OFPMMFC_METER_EXISTS(12, 1),
  OFPMMFC_INVALID_METER(12, 2),
  OFPMMFC_UNKNOWN_METER(12, 3),
  OFPMMFC_BAD_COMMAND(12, 4),
  OFPMMFC_BAD_FLAGS(12, 5),
  OFPMMFC_BAD_RATE(12, 6),
  OFPMMFC_BAD_BURST(12, 7),
  OFPMMFC_BAD_BAND(12, 8),
  OFPMMFC_BAD_BAND_VALUE(12, 9),
  OFPMMFC_OUT_OF_METERS(12, 10),
  OFPMMFC_OUT_OF_BANDS(12, 11),
  OFPTFFC_BAD_TABLE(13, 0),
  OFPTFFC_BAD_METADATA(13, 1),
  OFPTFFC_EPERM(13, 5),
  NXTFFC_DUP_TABLE(Vendor.NICIRA, 44),
  OFPBPC_BAD_TYPE(13, 2),
  OFPBPC_BAD_LEN(13, 3),
  OFPBPC_BAD_VALUE(13, 4),
  OFPBPC_TOO_MANY(Vendor.ONF, 4443),
  OFPBPC_DUP_TYPE(Vendor.ONF, 4444),
  OFPBPC_BAD_EXPERIMENTER(Vendor.ONF, 4445),
  OFPBPC_BAD_EXP_TYPE(Vendor.ONF, 4446),
  OFPBPC_BAD_EXP_VALUE(Vendor.ONF, 4447),
  OFPBPC_EPERM(Vendor.ONF, 4448),
  OFPACFC_INVALID(Vendor.ONF, 2370),
  OFPACFC_UNSUPPORTED(Vendor.ONF, 2371),
  OFPACFC_EPERM(Vendor.ONF, 2372),
  OFPBFC_UNKNOWN(Vendor.ONF, 2300),
  OFPBFC_EPERM(Vendor.ONF, 2301),
  OFPBFC_BAD_ID(Vendor.ONF, 2302),
  OFPBFC_BUNDLE_EXIST(Vendor.ONF, 2303),
  OFPBFC_BUNDLE_CLOSED(Vendor.ONF, 2304),
  OFPBFC_OUT_OF_BUNDLES(Vendor.ONF, 2305),
  OFPBFC_BAD_TYPE(Vendor.ONF, 2306),
  OFPBFC_BAD_FLAGS(Vendor.ONF, 2307),
  OFPBFC_MSG_BAD_LEN(Vendor.ONF, 2308),
  OFPBFC_MSG_BAD_XID(Vendor.ONF, 2309),
  OFPBFC_MSG_UNSUP(Vendor.ONF, 2310),
  OFPBFC_MSG_CONFLICT(Vendor.ONF, 2311),
  OFPBFC_MSG_TOO_MANY(Vendor.ONF, 2312),
  OFPBFC_MSG_FAILED(Vendor.ONF, 2313),
  OFPBFC_TIMEOUT(Vendor.ONF, 2314),
  OFPBFC_BUNDLE_IN_PROGRESS(Vendor.ONF, 2315),
  OFPMOFC_MONITOR_EXISTS(Vendor.NICIRA, 6),
  OFPMOFC_UNKNOWN_MONITOR(Vendor.NICIRA, 8),
  OFPMOFC_BAD_FLAGS(Vendor.NICIRA, 7),
  NXTTMFC_BAD_COMMAND(Vendor.NICIRA, 16),
  NXTTMFC_BAD_OPT_LEN(Vendor.NICIRA, 17),
  NXTTMFC_BAD_FIELD_IDX(Vendor.NICIRA, 18),
  NXTTMFC_TABLE_FULL(Vendor.NICIRA, 19),
  NXTTMFC_ALREADY_MAPPED(Vendor.NICIRA, 20),
  NXTTMFC_DUP_ENTRY(Vendor.NICIRA, 21),
  NXTTMFC_INVALID_TLV_DEL(Vendor.NICIRA, 38),
  NXR_NOT_SUPPORTED(Vendor.NICIRA, 34),
  NXR_STALE(Vendor.NICIRA, 35),
  NXST_NOT_CONFIGURED(Vendor.NICIRA, 36);

  /** Numbers of experimenters that have errors of their own. */
  private enum Vendor {
    NICIRA(Experimenter.NICIRA),
    ONF(Experimenter.ONF);

    final int id;

    Vendor(int id) {
      this.id = id;
    }
  }

  private static final Map<Long, OfErrorCode> BY_NUMBER = byNumber();

  private final int vendor;
  private final int errorType;
  private final int code;

  OfErrorCode(int errorType, int code) {
    this.vendor = 0;
    this.errorType = errorType;
    this.code = code;
  }

  /** An experimenter's error has a type only. */
  OfErrorCode(Vendor vendor, int errorType) {
    this.vendor = vendor.id;
    this.errorType = errorType;
    this.code = 0;
  }

  /** Experimenter, or 0 for a standard error. */
  public int vendor() {
    return vendor;
  }

  /** OFPET_*, or the experimenter's type. */
  public int errorType() {
    return errorType;
  }

  /** Code within the type; 0 for an experimenter's error. */
  public int code() {
    return code;
  }

  /** The error with these numbers, or null if none is known. */
  public static @Nullable OfErrorCode find(int vendor, int errorType, int code) {
    return BY_NUMBER.get(key(vendor, errorType, vendor == 0 ? code : 0));
  }

  private static Map<Long, OfErrorCode> byNumber() {
    Map<Long, OfErrorCode> m = new HashMap<>();
    for (OfErrorCode e : values()) {
      m.put(key(e.vendor, e.errorType, e.code), e);
    }
    return m;
  }

  private static Long key(int vendor, int errorType, int code) {
    return (long) vendor << 32 | (long) errorType << 16 | code;
  }
}
