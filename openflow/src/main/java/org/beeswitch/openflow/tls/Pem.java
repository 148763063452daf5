// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.tls;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads keys and certificates as OpenSSL and {@code ovs-pki} write them.
 *
 * <p>Java reads private keys in PKCS#8 alone. The two older forms are the inner part of it, so that
 * a few bytes around them make them PKCS#8 (RFC 5208, RFC 5915).
 */
final class Pem {
  /** No file of keys or certificates is larger; a wrong path may be. */
  private static final int MAX_FILE = 1 << 20;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([\\s\\S]*?)-----END \\1-----");

  /** Version 0, and the algorithms with their parameters: rsaEncryption, id-ecPublicKey. */
  private static final byte[] VERSION_0 = {2, 1, 0};

  private static final byte[] RSA_ALGORITHM = {
    0x30, 13, 6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
  };

  private static final byte[] EC_PUBLIC_KEY = {
    6, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1
  };

  private static final int SEQUENCE = 0x30;
  private static final int OCTET_STRING = 4;

  /** Of the curve, in RFC 5915's ECPrivateKey. */
  private static final int EC_PARAMETERS = 0xa0;

  private Pem() {}

  /** One element of a file; its bytes are DER. */
  private static final class Block {
    final String type;
    final byte[] bytes;

    Block(String type, byte[] bytes) {
      this.type = type;
      this.bytes = bytes;
    }
  }

  private static List<Block> read(Path file) throws TlsException {
    String text;
    try {
      if (Files.size(file) > MAX_FILE) {
        throw new TlsException(file + ": too large for a file of keys or certificates", null);
      }
      text = Files.readString(file, ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw new TlsException(file + ": no such file", e);
    } catch (TlsException e) {
      throw e;
    } catch (IOException e) {
      throw new TlsException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
    List<Block> blocks = new ArrayList<>();
    for (Matcher m = BLOCK.matcher(text); m.find(); ) {
      String body = m.group(2);
      try {
        blocks.add(
            body.contains(":") // headers: "Proc-Type: 4,ENCRYPTED"
                ? new Block("ENCRYPTED " + m.group(1), new byte[0])
                : new Block(m.group(1), Base64.getMimeDecoder().decode(body)));
      } catch (IllegalArgumentException e) {
        throw new TlsException(file + ": a " + m.group(1) + " that is not base64", e);
      }
    }
    return blocks;
  }

  /** All certificates of the file, one at least. */
  static List<X509Certificate> certificates(Path file) throws TlsException {
    List<X509Certificate> all = new ArrayList<>();
    for (Block b : read(file)) {
      if (b.type.endsWith("CERTIFICATE")) {
        try {
          all.add(
              (X509Certificate)
                  CertificateFactory.getInstance("X.509")
                      .generateCertificate(new ByteArrayInputStream(b.bytes)));
        } catch (CertificateException e) {
          throw new TlsException(file + ": not a certificate (" + e.getMessage() + ")", e);
        }
      }
    }
    if (all.isEmpty()) {
      throw new TlsException(file + ": no certificate in it", null);
    }
    return all;
  }

  /** The first private key of the file. */
  static PrivateKey privateKey(Path file) throws TlsException {
    for (Block b : read(file)) {
      try {
        switch (b.type) {
          case "PRIVATE KEY" -> {
            return fromPkcs8(b.bytes);
          }
          case "RSA PRIVATE KEY" -> {
            return fromPkcs8(der(SEQUENCE, VERSION_0, RSA_ALGORITHM, der(OCTET_STRING, b.bytes)));
          }
          case "EC PRIVATE KEY" -> {
            byte[] algorithm = der(SEQUENCE, EC_PUBLIC_KEY, curve(b.bytes));
            return fromPkcs8(der(SEQUENCE, VERSION_0, algorithm, der(OCTET_STRING, b.bytes)));
          }
          case "ENCRYPTED PRIVATE KEY", "ENCRYPTED RSA PRIVATE KEY", "ENCRYPTED EC PRIVATE KEY" ->
              throw new TlsException(
                  file + ": the private key is encrypted: nobody is there to say its password",
                  null);
          default -> {}
        }
      } catch (GeneralSecurityException | IndexOutOfBoundsException e) {
        throw new TlsException(file + ": not a private key (" + e.getMessage() + ")", e);
      }
    }
    throw new TlsException(file + ": no private key in it", null);
  }

  /** The algorithm is said in it, but Java wants to be told. */
  private static PrivateKey fromPkcs8(byte[] bytes) throws GeneralSecurityException {
    GeneralSecurityException last = new GeneralSecurityException("unknown algorithm");
    for (String algorithm : List.of("RSA", "EC", "Ed25519", "RSASSA-PSS")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
      } catch (GeneralSecurityException e) {
        last = e;
      }
    }
    throw last;
  }

  private static byte[] der(int tag, byte[]... contents) {
    var body = new ByteArrayOutputStream();
    for (byte[] c : contents) {
      body.writeBytes(c);
    }
    var all = new ByteArrayOutputStream();
    all.write(tag);
    int length = body.size();
    if (length >= 0x100) {
      all.write(0x82);
      all.write(length >> 8);
    } else if (length >= 0x80) {
      all.write(0x81);
    }
    all.write(length);
    all.writeBytes(body.toByteArray());
    return all.toByteArray();
  }

  /** The name of the curve: what is under [0] in the sequence that an ECPrivateKey is. */
  private static byte[] curve(byte[] ecPrivateKey) throws GeneralSecurityException {
    int at = contents(ecPrivateKey, 0);
    while (at < ecPrivateKey.length) {
      int start = contents(ecPrivateKey, at);
      int end = start + length(ecPrivateKey, at);
      if ((ecPrivateKey[at] & 0xff) == EC_PARAMETERS) {
        byte[] parameters = new byte[end - start];
        System.arraycopy(ecPrivateKey, start, parameters, 0, parameters.length);
        return parameters;
      }
      at = end;
    }
    throw new GeneralSecurityException("an EC key that does not name its curve");
  }

  /** Where the contents of the element at {@code at} begin. */
  private static int contents(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    return first < 0x80 ? at + 2 : at + 2 + (first & 0x7f);
  }

  private static int length(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    if (first < 0x80) {
      return first;
    }
    int length = 0;
    for (int i = 0; i < (first & 0x7f); i++) {
      length = length << 8 | der[at + 2 + i] & 0xff;
    }
    return Math.min(Math.max(length, 0), der.length);
  }
}
