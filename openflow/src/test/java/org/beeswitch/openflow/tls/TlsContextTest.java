// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of keys and certificates. */
class TlsContextTest {
  @TempDir Path dir;

  @Test
  void keysInTheirOlderFormsAreRead() throws Exception {
    Pki pki = new Pki(dir).selfSigned("ca").issue("ec", "ca").issueRsa("rsa", "ca");
    for (String kind : List.of("ec", "rsa")) {
      TlsContext.read(pki.settings(kind, "ca"));
      Path key = pki.key(kind);
      Path old = dir.resolve("old-" + kind);
      Pki.openssl(List.of(kind + " -in " + key + " -out " + old + legacy(kind)));
      Files.move(old, key, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      assertThat(Files.readString(key))
          .contains("BEGIN " + kind.toUpperCase(java.util.Locale.ROOT) + " PRIVATE KEY");
      TlsContext.read(pki.settings(kind, "ca"));
    }
  }

  private static String legacy(String kind) {
    return kind.equals("rsa") ? " -traditional" : "";
  }

  @Test
  void whatIsWrongWithAFileIsSaidWithItsName() throws Exception {
    Pki pki = new Pki(dir).selfSigned("ca").issue("a", "ca").issue("b", "ca").issueRsa("r", "ca");
    refused(settings(pki, dir.resolve("none"), "a", "ca"), dir.resolve("none") + ": no such file");
    refused(settings(pki, pki.key("b"), "a", "ca"), "does not belong to certificate");
    refused(settings(pki, pki.key("r"), "a", "ca"), "does not belong to certificate");
    refused(settings(pki, pki.certificate("a"), "a", "ca"), "no private key in it");
    Path empty = Files.createFile(dir.resolve("empty.pem"));
    refused(settings(pki, empty, "a", "ca"), "no private key in it");
    refused(settings(pki, pki.key("a"), "empty", "ca"), "empty.pem: no certificate in it");
    refused(settings(pki, pki.key("a"), "a", "empty"), "empty.pem: no certificate in it");
    Path locked = dir.resolve("locked.pem");
    Pki.openssl(List.of("ec -aes128 -passout pass:x -in " + pki.key("a") + " -out " + locked));
    refused(settings(pki, locked, "a", "ca"), "encrypted");
    Path broken = dir.resolve("broken.pem");
    for (String body : List.of("", "MA==", "MIIB", "////////", "MIL/////oAQ=")) {
      for (String kind : List.of("", "RSA ", "EC ")) {
        String type = kind + "PRIVATE KEY";
        Files.writeString(
            broken, "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n");
        refused(settings(pki, broken, "a", "ca"), "broken.pem: not a private key");
      }
    }
  }

  private static TlsSettings settings(Pki pki, Path key, String certificate, String ca) {
    return new TlsSettings(
        key, pki.certificate(certificate), pki.certificate(ca), false, TlsSettings.PROTOCOLS);
  }

  private static void refused(TlsSettings s, String why) {
    assertThatThrownBy(() -> TlsContext.read(s))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource({
    "TLSv1.2, TLSv1.2",
    "TLSv1.3, TLSv1.3",
    "TLSv1.2+, TLSv1.2 TLSv1.3",
    "TLSv1.3+, TLSv1.3",
    "TLSv1.2-TLSv1.3, TLSv1.2 TLSv1.3",
    "'TLSv1.2,TLSv1.3', TLSv1.2 TLSv1.3",
    "'TLSv1.3 TLSv1.2', TLSv1.3 TLSv1.2",
  })
  void protocolsAreSaidAsOvsSaysThem(String text, String protocols) {
    assertThat(String.join(" ", TlsSettings.parseProtocols(text))).isEqualTo(protocols);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "TLSv1", "TLSv1.1", "SSLv3", "TLSv1.4", "TLSv1.3-TLSv1.2", "TLSv1.1+"})
  void otherProtocolsAreRefused(String text) {
    assertThatThrownBy(() -> TlsSettings.parseProtocols(text))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
