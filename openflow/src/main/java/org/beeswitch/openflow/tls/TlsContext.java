// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A key, a certificate and authorities as they were read: makes engines for connections, all with
 * the same. Immutable.
 *
 * <p>Sessions are not resumed, as in Open vSwitch: each connection verifies its peer anew, and
 * there is no cache that ten thousand connections could fill.
 */
public final class TlsContext {
  private static final Logger log = LoggerFactory.getLogger(TlsContext.class);

  private static final String ALIAS = "key";

  private final SSLContext context;
  private final String[] protocols;
  private final Path caCert;
  private final boolean bootstrapping;

  private TlsContext(
      SSLContext context, List<String> protocols, Path caCert, boolean bootstrapping) {
    this.context = context;
    this.protocols = protocols.toArray(String[]::new);
    this.caCert = caCert;
    this.bootstrapping = bootstrapping;
  }

  /**
   * Reads the files.
   *
   * @throws TlsException naming the file and what is wrong with it
   */
  public static TlsContext read(TlsSettings settings) throws TlsException {
    PrivateKey key = Pem.privateKey(settings.privateKey());
    List<X509Certificate> chain = new ArrayList<>(Pem.certificates(settings.certificate()));
    boolean bootstrapping = settings.bootstrap() && !Files.exists(settings.caCert());
    List<X509Certificate> authorities =
        bootstrapping ? List.of() : Pem.certificates(settings.caCert());
    try {
      if (!belongs(key, chain.get(0))) {
        throw new TlsException(
            "private key "
                + settings.privateKey()
                + " does not belong to certificate "
                + settings.certificate(),
            null);
      }
      lengthen(chain, authorities);
      TrustManager trust = bootstrapping ? new TrustAll() : trustIn(authorities);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {new OneKey(key, chain)}, new TrustManager[] {trust}, null);
      SSLSessionContext sessions = context.getServerSessionContext();
      sessions.setSessionCacheSize(1);
      sessions.setSessionTimeout(1);
      return new TlsContext(context, settings.protocols(), settings.caCert(), bootstrapping);
    } catch (TlsException e) {
      throw e;
    } catch (GeneralSecurityException | IOException e) {
      throw new TlsException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  private static boolean belongs(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "EdDSA" -> "EdDSA";
          default -> "SHA256withRSA";
        };
    byte[] text = {1, 2, 3, 4};
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(text);
    byte[] signed = signature.sign();
    try {
      signature.initVerify(certificate.getPublicKey());
      signature.update(text);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false; // a key of another kind
    }
  }

  /**
   * Appends the authorities that issued the chain's last, as OpenSSL does, so that a peer that has
   * none yet can take ours.
   */
  private static void lengthen(List<X509Certificate> chain, List<X509Certificate> authorities) {
    boolean found = true;
    while (found) {
      found = false;
      X509Certificate last = chain.get(chain.size() - 1);
      for (X509Certificate ca : authorities) {
        if (!chain.contains(ca) && isIssued(last, ca)) {
          chain.add(ca);
          found = true;
          break;
        }
      }
    }
  }

  static boolean isIssued(X509Certificate certificate, X509Certificate by) {
    if (!certificate.getIssuerX500Principal().equals(by.getSubjectX500Principal())) {
      return false;
    }
    try {
      certificate.verify(by.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static TrustManager trustIn(List<X509Certificate> authorities)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (int i = 0; i < authorities.size(); i++) {
      store.setCertificateEntry("ca" + i, authorities.get(i));
    }
    TrustManagerFactory f = TrustManagerFactory.getInstance("PKIX");
    f.init(store);
    return f.getTrustManagers()[0];
  }

  /** Whether peers of {@link #client} are not verified, but to be asked for their authority. */
  public boolean isBootstrapping() {
    return bootstrapping;
  }

  /**
   * For a connection that we make.
   *
   * @param host its name, which we say (SNI) unless it is an address; null: none
   */
  public SSLEngine client(@Nullable String host) {
    // Without a peer's name, sessions are not kept to be resumed.
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(true);
    SSLParameters p = engine.getSSLParameters();
    p.setProtocols(protocols);
    if (host != null) {
      try {
        p.setServerNames(List.of(new SNIHostName(host)));
      } catch (IllegalArgumentException e) {
        p.setServerNames(List.of()); // a name of a host that cannot be said, such as one with "_"
      }
    }
    engine.setSSLParameters(p);
    return engine;
  }

  /** For a connection that was made to us. The peer has to have a certificate too. */
  public SSLEngine server() {
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    SSLParameters p = engine.getSSLParameters();
    p.setProtocols(protocols);
    p.setNeedClientAuth(true);
    engine.setSSLParameters(p);
    return engine;
  }

  /**
   * Writes down the authority of a peer that this bootstrapping context has connected to, unless
   * somebody else has. The connection has to be made again, since its peer was not verified.
   *
   * @param chain what the peer presented, its own first
   * @throws TlsException what was presented is no authority, or cannot be written
   */
  public void bootstrap(Certificate[] chain) throws TlsException {
    X509Certificate ca = (X509Certificate) chain[chain.length - 1];
    if (!TlsContext.isIssued(ca, ca)) {
      throw new TlsException(
          "could not bootstrap CA cert: obtained certificate is not self-signed"
              + (chain.length < 2
                  ? " (only one certificate was received, so probably the peer is not configured"
                      + " to send its CA certificate)"
                  : ""),
          null);
    }
    Path file = caCert;
    try {
      String pem =
          "-----BEGIN CERTIFICATE-----\n"
              + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(ca.getEncoded())
              + "\n-----END CERTIFICATE-----\n";
      // Elsewhere first, so that nobody reads half of it.
      Path whole = Files.createTempFile(file.toAbsolutePath().getParent(), ".ca", ".pem");
      try {
        Files.write(whole, pem.getBytes(US_ASCII), StandardOpenOption.TRUNCATE_EXISTING);
        Files.setPosixFilePermissions(whole, PosixFilePermissions.fromString("r--r--r--"));
        Files.createLink(file, whole);
      } finally {
        Files.delete(whole);
      }
      log.info(
          "successfully bootstrapped CA cert to {} ({}, fingerprint {})",
          file,
          ca.getSubjectX500Principal(),
          fingerprint(ca));
    } catch (FileAlreadyExistsException e) {
      log.info("reading CA cert {} created by another process", file);
    } catch (IOException | GeneralSecurityException e) {
      throw new TlsException(
          "could not bootstrap CA cert: creating " + file + " failed: " + e.getMessage(), e);
    }
  }

  private static String fingerprint(X509Certificate c) throws GeneralSecurityException {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(c.getEncoded());
    StringBuilder s = new StringBuilder();
    for (byte b : digest) {
      s.append(s.length() == 0 ? "" : ":").append(String.format("%02x", b));
    }
    return s.toString();
  }

  /**
   * Our certificate, whatever authorities the peer says that it accepts: as in OVS the peer decides
   * when it sees it.
   */
  private static final class OneKey extends X509ExtendedKeyManager {
    private final PrivateKey key;
    private final X509Certificate[] chain;

    OneKey(PrivateKey key, List<X509Certificate> chain) {
      this.key = key;
      this.chain = chain.toArray(X509Certificate[]::new);
    }

    private @Nullable String alias(String... keyTypes) {
      return Arrays.stream(keyTypes).anyMatch(t -> t.startsWith(key.getAlgorithm())) ? ALIAS : null;
    }

    @Override
    public @Nullable String chooseEngineClientAlias(
        String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return alias(keyTypes);
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return alias(keyType);
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return alias(keyTypes);
    }

    @Override
    public @Nullable String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return alias(keyType);
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[] {ALIAS};
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[] {ALIAS};
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return chain.clone();
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return key;
    }
  }

  /** While the authority is not known yet: of peers that we connect to, none of others. */
  private static final class TrustAll extends X509ExtendedTrustManager {
    private static void refuse() throws CertificateException {
      throw new CertificateException("no CA certificate is there yet to verify a client with");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String auth, @Nullable Socket socket)
        throws CertificateException {
      refuse();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String auth, @Nullable SSLEngine engine)
        throws CertificateException {
      refuse();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String auth)
        throws CertificateException {
      refuse();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String auth, @Nullable Socket socket) {}

    @Override
    public void checkServerTrusted(
        X509Certificate[] chain, String auth, @Nullable SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String auth) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
