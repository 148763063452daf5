// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.openflow.msg.MeterBand;
import org.beeswitch.openflow.msg.MeterConfig;
import org.beeswitch.openflow.msg.MeterId;
import org.beeswitch.openflow.msg.MeterMod;
import org.jspecify.annotations.Nullable;

/**
 * Reads meters in the syntax of {@code ovs-ofctl} (OVS {@code parse_ofp_meter_mod_str}): {@code
 * meter=1,kbps,burst,bands=type=drop,rate=1000,burst_size=100}.
 */
public final class MeterTextParser {
  private MeterTextParser() {}

  /** A meter-mod with that command; a delete has the number alone. */
  public static MeterMod meterMod(MeterMod.Command command, String text)
      throws FlowSyntaxException {
    boolean describes = command != MeterMod.Command.DELETE;
    int at = describes ? text.indexOf("band") : text.length();
    int equals = at < 0 ? -1 : text.indexOf('=', at + 1);
    if (describes && equals < 0) {
      throw new FlowSyntaxException("must specify bands");
    }
    int id = 0;
    int flags = 0;
    Words words = new Words(text.substring(0, at));
    for (String name = words.next(); name != null; name = words.next()) {
      int flag = describes ? flag(name) : 0;
      if (flag != 0) {
        flags |= flag;
        continue;
      }
      String value = words.value(name);
      if (!name.equals("meter")) {
        throw new FlowSyntaxException("unknown keyword " + name);
      }
      id = id(value);
    }
    if (id == 0) {
      throw new FlowSyntaxException("must specify 'meter'");
    }
    if (describes && flags == 0) {
      throw new FlowSyntaxException("meter must specify either 'kbps' or 'pktps'");
    }
    List<MeterBand> bands = describes ? bands(text.substring(equals + 1), flags) : List.of();
    return new MeterMod(command, new MeterConfig(id, flags, bands));
  }

  /** A meter's number, {@code all}, {@code controller} or {@code slowpath}. */
  public static int id(String s) throws FlowSyntaxException {
    switch (s) {
      case "all" -> {
        return MeterId.ALL;
      }
      case "controller" -> {
        return MeterId.CONTROLLER;
      }
      case "slowpath" -> {
        return MeterId.SLOWPATH;
      }
      default -> {
        int id = CNumber.u32(s);
        if (id == 0 || Integer.compareUnsigned(id, MeterId.MAX) > 0) {
          throw new FlowSyntaxException("invalid value for meter");
        }
        return id;
      }
    }
  }

  private static int flag(String name) {
    return switch (name) {
      case "kbps" -> MeterConfig.KBPS;
      case "pktps" -> MeterConfig.PKTPS;
      case "burst" -> MeterConfig.BURST;
      case "stats" -> MeterConfig.STATS;
      default -> 0;
    };
  }

  private static List<MeterBand> bands(String text, int flags) throws FlowSyntaxException {
    List<MeterBand> bands = new ArrayList<>();
    MeterBand band = null;
    Words words = new Words(text);
    for (String name = words.next(); name != null; name = words.next()) {
      String value = words.value(name);
      if (name.equals("type")) {
        add(bands, band);
        band = new MeterBand(type(value), 0, 0, 0);
      } else if (band == null) {
        throw new FlowSyntaxException("band must start with the 'type' keyword");
      } else {
        band = with(band, name, value);
      }
    }
    add(bands, band);
    if (bands.isEmpty()) {
      throw new FlowSyntaxException("meter must have bands");
    }
    for (MeterBand b : bands) {
      check(b, (flags & MeterConfig.BURST) != 0);
    }
    return bands;
  }

  private static void add(List<MeterBand> bands, @Nullable MeterBand band) {
    if (band != null) {
      bands.add(band);
    }
  }

  private static MeterBand.Type type(String s) throws FlowSyntaxException {
    return switch (s) {
      case "drop" -> MeterBand.Type.DROP;
      case "dscp_remark" -> MeterBand.Type.DSCP_REMARK;
      default -> throw new FlowSyntaxException("field type unknown value " + s);
    };
  }

  private static MeterBand with(MeterBand b, String name, String value) throws FlowSyntaxException {
    return switch (name) {
      case "rate" -> new MeterBand(b.type(), CNumber.u32(value), b.burst(), b.precLevel());
      case "burst_size" -> new MeterBand(b.type(), b.rate(), CNumber.u32(value), b.precLevel());
      case "prec_level" -> new MeterBand(b.type(), b.rate(), b.burst(), CNumber.u8(value, name));
      default -> throw new FlowSyntaxException("unknown keyword " + name);
    };
  }

  private static void check(MeterBand b, boolean burst) throws FlowSyntaxException {
    boolean remarks = b.type() == MeterBand.Type.DSCP_REMARK;
    if (remarks && b.precLevel() == 0) {
      throw new FlowSyntaxException("'dscp_remark' band must have 'prec_level'");
    }
    if (!remarks && b.precLevel() != 0) {
      throw new FlowSyntaxException("Only 'dscp_remark' band may have 'prec_level'");
    }
    if (b.rate() == 0) {
      throw new FlowSyntaxException("band must have 'rate'");
    }
    if (burst && b.burst() == 0) {
      throw new FlowSyntaxException("band must have 'burst_size' when 'burst' flag is set");
    }
    if (!burst && b.burst() != 0) {
      throw new FlowSyntaxException("band may have 'burst_size' only when 'burst' flag is set");
    }
  }

  /** Words between separators, one after the other. */
  private static final class Words {
    private final String text;
    private int at;

    Words(String text) {
      this.text = text;
    }

    /** The next name, or null. */
    @Nullable String next() {
      return token("=, \t\r\n");
    }

    String value(String name) throws FlowSyntaxException {
      String value = token(", \t\r\n");
      if (value == null) {
        throw FlowSyntaxException.of("field %s missing value", name);
      }
      return value;
    }

    private @Nullable String token(String separators) {
      while (at < text.length() && separators.indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      int start = at;
      while (at < text.length() && separators.indexOf(text.charAt(at)) < 0) {
        at++;
      }
      String token = text.substring(start, at);
      at = Math.min(at + 1, text.length()); // as strtok: its separator is gone
      return token.isEmpty() ? null : token;
    }
  }
}
