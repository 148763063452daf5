// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.beeswitch.vswitchd.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The daemon's directory, and who else may write there. */
class RundirTest {
  @TempDir Path dir;

  private static String permissions(Path p) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(p));
  }

  @Test
  void oneThatIsMadeIsItsOwnersAlone() throws Exception {
    Path path = dir.resolve("a/b");
    try (Rundir r = Rundir.claim(path)) {
      assertThat(permissions(r.path())).isEqualTo("rwx------");
      assertThat(Files.readString(path.resolve("beeswitchd.pid")).trim())
          .isEqualTo(Long.toString(ProcessHandle.current().pid()));
    }
    assertThat(Files.exists(path.resolve("beeswitchd.pid"))).isFalse();
  }

  @Test
  void oneThatOthersCanWriteToIsRefused() throws Exception {
    for (String open : new String[] {"rwxrwx---", "rwx----w-", "rwxrwxrwx"}) {
      Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString(open));
      assertThatThrownBy(() -> Rundir.claim(dir))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("can be written to by others");
    }
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
    Rundir.claim(dir).close();
  }

  @Test
  void oneThatBelongsToSomebodyElseIsRefused() throws Exception {
    assumeThat(Files.getAttribute(Path.of("/proc/self"), "unix:uid")).isEqualTo(0);
    Files.setAttribute(dir, "unix:uid", 4711);
    assertThatThrownBy(() -> Rundir.claim(dir))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("belongs to user 4711");
    Files.setAttribute(dir, "unix:uid", 0);
  }

  /** Nothing is written through a link that somebody left in the place of the pid file. */
  @Test
  void aLinkIsNotFollowed() throws Exception {
    Path precious = Files.writeString(dir.resolve("precious"), "as it was");
    Path rundir = Files.createDirectory(dir.resolve("run"));
    Files.createSymbolicLink(rundir.resolve("beeswitchd.pid"), precious);
    assertThatThrownBy(() -> Rundir.claim(rundir)).isInstanceOf(ConfigException.class);
    assertThat(Files.readString(precious)).isEqualTo("as it was");
  }

  @Test
  void socketsOfAKilledDaemonAreRemovedAndNothingElse() throws Exception {
    for (String name : new String[] {"old.mgmt", "old.snoop", "beeswitchd.1.ctl", "other"}) {
      try (ServerSocketChannel s = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        s.bind(UnixDomainSocketAddress.of(dir.resolve(name)));
      }
    }
    Files.writeString(dir.resolve("file.mgmt"), "");
    try (Rundir r = Rundir.claim(dir);
        var files = Files.list(r.path())) {
      assertThat(files.map(p -> String.valueOf(p.getFileName())))
          .containsExactlyInAnyOrder("other", "file.mgmt", "beeswitchd.pid");
    }
  }
}
