// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.tls;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Certification authorities and certificates for a test, made with {@code openssl} in a directory
 * of the test's own: {@code NAME.pem} and {@code NAME-key.pem}.
 */
public final class Pki {
  private static final List<String> RSA = List.of("rsa:2048");
  private static final List<String> EC = List.of("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1");

  private final Path dir;
  private int serial;

  public Pki(Path dir) {
    this.dir = dir;
  }

  public Path key(String name) {
    return dir.resolve(name + "-key.pem");
  }

  public Path certificate(String name) {
    return dir.resolve(name + ".pem");
  }

  /** Both, and whom to trust. */
  public TlsSettings settings(String name, String ca) {
    return settings(name, ca, TlsSettings.PROTOCOLS);
  }

  public TlsSettings settings(String name, String ca, List<String> protocols) {
    return new TlsSettings(key(name), certificate(name), certificate(ca), false, protocols);
  }

  /** One that certifies itself: an authority, or somebody whom nobody knows. */
  public Pki selfSigned(String name) throws IOException {
    openssl(req(name, EC, "-x509", "-days", "10", "-out", certificate(name).toString()));
    return this;
  }

  public Pki issue(String name, String ca) throws IOException {
    return issue(name, ca, EC, 10);
  }

  public Pki issueRsa(String name, String ca) throws IOException {
    return issue(name, ca, RSA, 10);
  }

  /** One that was valid until yesterday. */
  public Pki issueExpired(String name, String ca) throws IOException {
    return issue(name, ca, EC, -1);
  }

  private Pki issue(String name, String ca, List<String> kind, int days) throws IOException {
    Path request = dir.resolve(name + ".csr");
    openssl(req(name, kind, "-out", request.toString()));
    openssl(
        List.of(
            "x509 -req -set_serial " + ++serial + " -days " + days,
            "-in " + request + " -out " + certificate(name),
            "-CA " + certificate(ca) + " -CAkey " + key(ca)));
    return this;
  }

  private List<String> req(String name, List<String> kind, String... more) {
    List<String> c = new ArrayList<>(List.of("req", "-nodes", "-subj", "/CN=" + name));
    c.addAll(List.of("-keyout", key(name).toString(), "-newkey"));
    c.addAll(kind);
    c.addAll(List.of(more));
    return c;
  }

  /** Runs it; words may hold several, none has blanks of its own. */
  public static void openssl(List<String> words) throws IOException {
    List<String> c = new ArrayList<>(List.of("openssl"));
    words.forEach(w -> c.addAll(List.of(w.split(" "))));
    Process p = new ProcessBuilder(c).redirectErrorStream(true).start();
    String said = new String(p.getInputStream().readAllBytes(), UTF_8);
    try {
      if (p.waitFor() != 0) {
        throw new IOException(c + ": " + said);
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
