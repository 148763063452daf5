// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.nio.file.Path;
import java.util.List;
import org.beeswitch.openflow.tls.TlsSettings;
import org.beeswitch.vswitchd.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options about TLS that the daemon and {@code beectl} have from Open vSwitch's programs. */
public final class TlsOptions {
  private @Nullable Path privateKey;
  private @Nullable Path certificate;
  private @Nullable Path caCert;
  private @Nullable Path bootstrapCaCert;
  private @Nullable String protocols;

  @Option(
      names = {"-p", "--private-key"},
      paramLabel = "FILE",
      description = "Our private key for TLS, in PEM.")
  public void privateKey(Path file) {
    privateKey = file;
  }

  @Option(
      names = {"-c", "--certificate"},
      paramLabel = "FILE",
      description = "Our certificate, in PEM.")
  public void certificate(Path file) {
    certificate = file;
  }

  @Option(
      names = {"-C", "--ca-cert"},
      paramLabel = "FILE",
      description = "Whose certificates we accept, in PEM.")
  public void caCert(Path file) {
    caCert = file;
  }

  @Option(
      names = "--bootstrap-ca-cert",
      paramLabel = "FILE",
      description =
          "The same; if there is no such file, what the first peer says is written there.")
  public void bootstrapCaCert(Path file) {
    bootstrapCaCert = file;
  }

  @Option(
      names = "--ssl-protocols",
      paramLabel = "TLSv1.2,TLSv1.3",
      description = "Which versions of TLS; default both.")
  public void protocols(String versions) {
    protocols = versions;
  }

  /**
   * What {@code settings} are where these options say nothing else.
   *
   * @throws ConfigException one that it takes is given by neither
   */
  public @Nullable TlsSettings over(@Nullable TlsSettings settings) throws ConfigException {
    boolean none =
        privateKey == null
            && certificate == null
            && caCert == null
            && bootstrapCaCert == null
            && protocols == null;
    if (none) {
      return settings;
    }
    Path ca = bootstrapCaCert != null ? bootstrapCaCert : caCert;
    List<String> versions;
    try {
      versions =
          protocols != null
              ? TlsSettings.parseProtocols(protocols)
              : settings != null ? settings.protocols() : TlsSettings.PROTOCOLS;
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
    return new TlsSettings(
        needed("--private-key", privateKey, settings == null ? null : settings.privateKey()),
        needed("--certificate", certificate, settings == null ? null : settings.certificate()),
        needed("--ca-cert", ca, settings == null ? null : settings.caCert()),
        ca != null ? bootstrapCaCert != null : settings != null && settings.bootstrap(),
        versions);
  }

  private static Path needed(String option, @Nullable Path given, @Nullable Path otherwise)
      throws ConfigException {
    Path p = given != null ? given : otherwise;
    if (p == null) {
      throw new ConfigException(
          "TLS wants --private-key, --certificate and --ca-cert: there is no " + option);
    }
    return p.toAbsolutePath();
  }
}
