// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import org.beeswitch.dpif.Upcall;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpSyntaxException;
import org.beeswitch.odp.OdpText;

/**
 * {@link PacketInCookie}s as {@code dpctl/dump-flows} and {@code ofproto/trace} print them: {@code
 * controller(reason=1,dont_send=0,...)}. Not read back from that form, which leaves out table and
 * port.
 */
public final class PacketInUserdata implements OdpText.Userdata {
  public static final PacketInUserdata INSTANCE = new PacketInUserdata();

  private PacketInUserdata() {}

  @Override
  public void format(StringBuilder sb, UpcallKind kind, long cookie0, long cookie1, long cookie2) {
    if (kind != UpcallKind.CONTROLLER) {
      RAW.format(sb, kind, cookie0, cookie1, cookie2);
      return;
    }
    Upcall u = new Upcall();
    u.cookie0 = cookie0;
    u.cookie1 = cookie1;
    u.cookie2 = cookie2;
    PacketInCookie c = PacketInCookie.of(u);
    int reason = (int) (cookie0 >>> 56);
    OdpText.controller(sb, reason, false, false, 0, c.ruleCookie(), 0, c.maxLen());
  }

  @Override
  public void parse(String text, OdpActions actions) throws OdpSyntaxException {
    RAW.parse(text, actions);
  }
}
