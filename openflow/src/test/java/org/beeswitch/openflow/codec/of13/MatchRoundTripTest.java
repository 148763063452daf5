// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.Prereq;
import org.beeswitch.openflow.codec.Cursor;
import org.beeswitch.openflow.codec.Prerequisites;
import org.beeswitch.openflow.codec.Reject;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Instructions;

/** A law: any match and any set of bits that can be said is read as it was written. */
class MatchRoundTripTest {
  private final ByteBuf out = Unpooled.buffer(1024);
  private final OxmReader reader = new OxmReader();
  private final OxmWriter writer = new OxmWriter();

  @Property
  void anyMatchIsReadAsWritten(@ForAll long seed) throws Reject {
    Match m = match(new Random(seed));
    out.clear();
    writer.match(out, m);
    assertThat(out.readableBytes() % 8).isZero();
    Match read = reader.match(new Cursor(out, 0, out.readableBytes()));
    assertThat(read).as(ByteBufUtil.hexDump(out)).isEqualTo(m);
  }

  @Property
  void anySetOfBitsIsReadAsWritten(@ForAll long seed) throws Reject {
    Random r = new Random(seed);
    Action.SetField s = setField(r);
    out.clear();
    ActionWriter.instructions(out, Instructions.apply(List.of(s)));
    Instructions in =
        new ActionReader(reader).instructions(new Cursor(out, 0, out.readableBytes()));
    // One action becomes several loads if its bits are in several runs: together they are it.
    long valueHi = 0;
    long valueLo = 0;
    long maskHi = 0;
    long maskLo = 0;
    for (Action a : in.apply()) {
      Action.SetField p = (Action.SetField) a;
      assertThat(p.field()).isEqualTo(s.field());
      assertThat((maskHi & p.maskHi()) | (maskLo & p.maskLo())).isZero();
      valueHi |= p.valueHi();
      valueLo |= p.valueLo();
      maskHi |= p.maskHi();
      maskLo |= p.maskLo();
    }
    assertThat(List.of(valueHi, valueLo, maskHi, maskLo))
        .as("%s as %s", s, ByteBufUtil.hexDump(out))
        .isEqualTo(List.of(s.valueHi(), s.valueLo(), s.maskHi(), s.maskLo()));
  }

  /** A match on what makes a packet of some kind, and then on fields that such a packet has. */
  private static Match match(Random r) {
    int[] ethTypes = {0, 0x800, 0x86dd, 0x806, 0x8035, 0x8847, 0x88e7, 0x1234};
    int[] protos = {1, 6, 17, 58, 132, 47};
    Match.Builder b = Match.builder();
    int ethType = ethTypes[r.nextInt(ethTypes.length)];
    if (ethType != 0) {
      b.exact(Field.ETH_TYPE, ethType);
    }
    boolean isIp = ethType == 0x800 || ethType == 0x86dd;
    if (isIp && r.nextInt(4) != 0) {
      int proto = protos[r.nextInt(protos.length)];
      b.exact(Field.IP_PROTO, proto);
      if (proto == 58 && ethType == 0x86dd && r.nextBoolean()) {
        b.exact(Field.ICMPV6_TYPE, 135 + r.nextInt(2)).exact(Field.ICMPV6_CODE, 0);
      }
    }
    if (r.nextInt(3) == 0) {
      b.exact(Field.IN_PORT, r.nextInt(0xff00));
    }
    if (r.nextInt(3) == 0) {
      b.exact(Field.VLAN_VID, 0x1000 | r.nextInt(0x1000));
    }
    List<Oxm> candidates = new ArrayList<>();
    for (Oxm o : Oxm.ALL) {
      if (o.equals(Oxm.of13(o.field())) && o.form() != Oxm.Form.PORT) {
        candidates.add(o);
      }
    }
    for (int i = r.nextInt(6); i > 0; i--) {
      add(b, candidates.get(r.nextInt(candidates.size())), r);
    }
    return b.build();
  }

  private static void add(Match.Builder b, Oxm o, Random r) {
    Field f = o.field();
    // Without a whole VID a TCI is not known to be a tag's; connections want an EtherType, too.
    // Which fields go with which packet type is the prerequisites' affair.
    boolean skipped =
        f == Field.VLAN_TCI
            || f == Field.IP_FRAG
            || f == Field.PACKET_TYPE
            || f.text().startsWith("ct_") && isTuple(f);
    if (skipped || b.has(f) || !Prerequisites.met(f.prereq(), b.valueWords(), b.maskWords())) {
      return;
    }
    if (f.isWide()) {
      long hi = r.nextLong();
      long lo = r.nextBoolean() ? -1L : r.nextLong();
      b.masked(f, r.nextLong(), r.nextLong(), hi, lo);
      return;
    }
    long valid = o.fromWire(o.valid()) & f.ones();
    long mask = f.ones();
    if (f.masking() == Field.Masking.ARBITRARY && r.nextBoolean()) {
      mask &= r.nextLong();
    }
    b.masked(f, r.nextLong() & valid, mask);
    if (f == Field.VLAN_PCP) {
      b.masked(Field.VLAN_VID, b.valueWords()[f.word()] >>> 32, 0x1fff);
    }
  }

  private static boolean isTuple(Field f) {
    return f.prereq() == Prereq.CT;
  }

  private static Action.SetField setField(Random r) {
    List<Oxm> all = new ArrayList<>();
    for (Oxm o : Oxm.ALL) {
      boolean is = o.field().writable() && o.form() == Oxm.Form.SAME && o.field() != Field.VLAN_VID;
      boolean ct = o.field() == Field.CT_MARK || o.field() == Field.CT_LABEL;
      if (is && !ct && o.equals(Oxm.of13(o.field()))) {
        all.add(o);
      }
    }
    Oxm o = all.get(r.nextInt(all.size()));
    Field f = o.field();
    boolean load = r.nextBoolean();
    if (f.isWide()) {
      long mh = load ? r.nextLong() : -1L;
      long ml = load ? r.nextLong() | 1 : -1L;
      return new Action.SetField(f, r.nextLong() & mh, r.nextLong() & ml, mh, ml, load);
    }
    long ones = f.bits() >= 64 ? -1L : (1L << f.bits()) - 1;
    // A load reaches no further than OVS has bits: one of the tunnel flags.
    long reach = o.bits() >= 64 ? -1L : (1L << o.bits()) - 1;
    long m = load ? r.nextLong() & ones & reach | 1 : ones;
    return new Action.SetField(f, 0, r.nextLong() & m & o.valid(), 0, m, load);
  }
}
