// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.tls;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What TLS is done with; all files are in PEM. As in Open vSwitch one of these serves all
 * connections, both directions of a connection are authenticated, and it is the authority that is
 * verified: a peer's name is not compared with anything.
 *
 * @param privateKey ours, PKCS#8, PKCS#1 (RSA) or SEC 1 (EC), not encrypted
 * @param certificate ours; those that issued it may follow
 * @param caCert whose certificates we accept
 * @param bootstrap if there is no {@code caCert} yet, take the authority that the first peer which
 *     we connect to presents, and write it there
 * @param protocols {@code TLSv1.2}, {@code TLSv1.3} or both
 */
public record TlsSettings(
    Path privateKey, Path certificate, Path caCert, boolean bootstrap, List<String> protocols) {
  /** All that can be had: older ones are broken. */
  public static final List<String> PROTOCOLS = List.of("TLSv1.2", "TLSv1.3");

  public TlsSettings {
    protocols = List.copyOf(protocols);
    if (protocols.isEmpty()) {
      throw new IllegalArgumentException("no TLS protocol is allowed");
    }
  }

  /**
   * Reads what OVS's {@code --ssl-protocols} takes: a list with commas or blanks, {@code TLSv1.2+},
   * or {@code TLSv1.2-TLSv1.3}.
   *
   * @throws IllegalArgumentException naming what is not a protocol, or too old
   */
  public static List<String> parseProtocols(String text) {
    if (text.endsWith("+")) {
      int from = indexOf(text.substring(0, text.length() - 1));
      return PROTOCOLS.subList(from, PROTOCOLS.size());
    }
    int dash = text.indexOf('-');
    if (dash >= 0) {
      int from = indexOf(text.substring(0, dash));
      int to = indexOf(text.substring(dash + 1));
      if (from > to) {
        throw new IllegalArgumentException("TLS protocols \"" + text + "\" are in the wrong order");
      }
      return PROTOCOLS.subList(from, to + 1);
    }
    List<String> all = new ArrayList<>();
    for (String name : text.split("[ ,\t]+", -1)) {
      String known = PROTOCOLS.get(indexOf(name));
      if (!all.contains(known)) {
        all.add(known);
      }
    }
    return all;
  }

  private static int indexOf(String name) {
    int i = PROTOCOLS.indexOf(name);
    if (i < 0) {
      throw new IllegalArgumentException(
          "TLS protocol \"" + name + "\" is not one of " + String.join(", ", PROTOCOLS));
    }
    return i;
  }
}
