// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.beeswitch.openflow.tls.TlsContext;
import org.beeswitch.openflow.tls.TlsException;
import org.beeswitch.openflow.tls.TlsSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TLS settings in force and what their files said last (OVS's {@code
 * stream_ssl_set_key_and_cert} and {@code stream_ssl_set_ca_cert_file}).
 *
 * <p>Each new connection has the files looked at; if one has another time, size or inode than when
 * they were read, all are read again. What cannot be read then, such as a key that was replaced
 * before its certificate, leaves what was there in force, and is tried again when a file has
 * changed once more. Connections that are up are left alone.
 *
 * <p>Any thread.
 */
final class Tls {
  private static final Logger log = LoggerFactory.getLogger(Tls.class);

  private final TlsSettings settings;
  private final ChannelCounters counters;
  private TlsContext context;
  private List<Stamp> stamps;

  /** What changes when a file is replaced or written to. */
  private record Stamp(long mtimeNs, long size, @Nullable Object inode) {
    static final Stamp NONE = new Stamp(0, -1, null);

    static Stamp of(Path file) {
      try {
        BasicFileAttributes a = Files.readAttributes(file, BasicFileAttributes.class);
        return new Stamp(a.lastModifiedTime().to(TimeUnit.NANOSECONDS), a.size(), a.fileKey());
      } catch (IOException e) {
        return NONE; // what is wrong with it is said when it is read
      }
    }
  }

  /**
   * @throws TlsException naming the file and what is wrong with it
   */
  Tls(TlsSettings settings, ChannelCounters counters) throws TlsException {
    this.settings = settings;
    this.counters = counters;
    this.stamps = stamps();
    this.context = TlsContext.read(settings);
  }

  TlsSettings settings() {
    return settings;
  }

  private List<Stamp> stamps() {
    return List.of(
        Stamp.of(settings.privateKey()),
        Stamp.of(settings.certificate()),
        Stamp.of(settings.caCert()));
  }

  /** For a new connection. */
  synchronized TlsContext context() {
    List<Stamp> now = stamps();
    if (!now.equals(stamps)) {
      // Before reading: what changes during it is seen the next time.
      stamps = now;
      try {
        context = TlsContext.read(settings);
        counters.increment(ChannelCounter.TLS_FILES_READ_AGAIN);
        log.info("read TLS key and certificates again");
      } catch (TlsException e) {
        counters.increment(ChannelCounter.TLS_FILES_BAD);
        log.error("TLS key and certificates stay as they were: {}", e.getMessage());
      }
    }
    return context;
  }
}
