// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.netdev.Errno;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the kernel side is held while no process holds it: a directory of a BPF file system, of
 * this run directory's own.
 *
 * <pre>
 *   BPFFS/beeswitch-RUNDIRHASH/ABIHASH/dp_ports, dp_flows, ...   the maps
 *                                      /dp_ingress, dp_miss, ... the programs
 *                                      /port-NUMBER              the attachment (TCX link) of a port
 * </pre>
 *
 * BPFFS is {@code /sys/fs/bpf}. Where that is none — {@code ip netns exec} hides it behind a new
 * {@code /sys} — one is mounted on {@code RUNDIR/bpffs}; it lasts as long as the mount namespace.
 *
 * <p>One thread at a time.
 */
final class Pins {
  private static final Logger LOG = LoggerFactory.getLogger(Pins.class);
  private static final Path SYSTEM = Path.of("/sys/fs/bpf");

  private final Path fileSystem;
  private final boolean mounted;
  private final Path directory;

  /** The directory of this process's ABI, once it is there. */
  private @Nullable Path abi;

  private Pins(Path fileSystem, boolean mounted, Path directory) {
    this.fileSystem = fileSystem;
    this.mounted = mounted;
    this.directory = directory;
  }

  /** A name for a run directory that is short and no other run directory's. */
  static String nameOf(Path rundir) {
    byte[] path = rundir.toAbsolutePath().normalize().toString().getBytes(StandardCharsets.UTF_8);
    return BpfSystem.hashOf(path);
  }

  static Pins open(Path rundir) throws DpifException {
    Path fs = SYSTEM;
    boolean mounted = false;
    if (!Bpf.isBpffs(fs.toString())) {
      fs = rundir.toAbsolutePath().resolve("bpffs");
      mounted = true;
      if (!Bpf.isBpffs(fs.toString())) {
        mount(fs);
      }
    }
    return new Pins(fs, mounted, fs.resolve("beeswitch-" + nameOf(rundir)));
  }

  private static void mount(Path fs) throws DpifException {
    try {
      Files.createDirectories(fs);
    } catch (IOException e) {
      throw new DpifException(Errno.EACCES, "cannot make " + fs + ": " + e.getMessage(), e);
    }
    int error = Bpf.mountBpffs(fs.toString());
    if (error < 0) {
      throw new DpifException(
          -error,
          "/sys/fs/bpf is no BPF file system, and mounting one on "
              + fs
              + " failed: "
              + Errno.text(-error)
              + "; run as root, or 'mount -t bpf bpf /sys/fs/bpf'");
    }
  }

  Path directory() {
    return directory;
  }

  /** Names of the ABIs that something was left of. */
  List<String> abis() {
    return leftovers().stream().map(p -> String.valueOf(p.getFileName())).toList();
  }

  /** Whether a process has left something here. */
  boolean hasLeftovers() {
    return Files.isDirectory(directory);
  }

  private List<Path> leftovers() {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      entries.forEach(found::add);
    } catch (NoSuchFileException e) {
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  /** Makes the directory for this ABI, to pin in; an earlier process's is taken as it is. */
  void create(String abiHash) throws DpifException {
    Path dir = directory.resolve(abiHash);
    try {
      abi = Files.createDirectories(dir);
    } catch (IOException e) {
      throw new DpifException(Errno.EACCES, "cannot make " + dir + ": " + e.getMessage(), e);
    }
  }

  /** Pins in the directory of this ABI; what has that name there already goes. */
  void pin(int fd, String name) throws DpifException {
    Path at = abiDirectory().resolve(name);
    int error = Bpf.pin(fd, at.toString());
    if (error == -Errno.EEXIST) {
      remove(at);
      error = Bpf.pin(fd, at.toString());
    }
    BpfSystem.check(error, "pin " + at);
  }

  /** A new fd of what is pinned by that name in the directory of this ABI, or -ENOENT. */
  int get(String name) {
    return Bpf.get(abiDirectory().resolve(name).toString());
  }

  /** Names of what is pinned in the directory of this ABI and begins so. */
  List<String> names(String prefix) {
    try (Stream<Path> all = Files.list(abiDirectory())) {
      return all.map(p -> String.valueOf(p.getFileName()))
          .filter(n -> n.startsWith(prefix))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void unpin(String name) {
    remove(abiDirectory().resolve(name));
  }

  private Path abiDirectory() {
    if (abi == null) {
      throw new IllegalStateException("no directory to pin in");
    }
    return abi;
  }

  /** Removes everything: attachments that nothing else holds end with it. */
  void removeAll() {
    for (Path abi : leftovers()) {
      removeTree(abi);
    }
    remove(directory);
  }

  private static void removeTree(Path dir) {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(dir)) {
      entries.forEach(Pins::remove);
    } catch (IOException e) {
      LOG.warn("cannot read {}: {}", dir, e.getMessage());
    }
    remove(dir);
  }

  private static void remove(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.warn("cannot remove {}: {}", path, e.getMessage());
    }
  }

  /** Unmounts what {@link #open} mounted. */
  void close() {
    if (mounted) {
      int error = Bpf.unmount(fileSystem.toString());
      if (error < 0) {
        LOG.warn("cannot unmount {}: {}", fileSystem, Errno.text(-error));
      }
      remove(fileSystem);
    }
  }
}
