// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.beeswitch.vswitchd.config.ConfigException;

/**
 * The daemon's directory, which one daemon has at a time: whoever holds the lock on {@code
 * beeswitchd.pid}. The kernel lets go of the lock however the process ends, so a file that a killed
 * daemon left is no obstacle; sockets that it left are removed.
 *
 * <p>The directory is its owner's alone (0700) if we make it, and has to be safe from others if it
 * is there: whoever may connect to what is in it may do with the switch what he likes.
 */
final class Rundir implements AutoCloseable {
  private static final String PID_FILE = "beeswitchd.pid";
  private static final String PRIVATE = "rwx------";
  private static final Integer ROOT = 0;

  /** Of management, snooping and control. */
  private static final List<String> SOCKETS = List.of(".mgmt", ".snoop", ".ctl");

  private final Path path;
  private final FileChannel pidFile;

  private Rundir(Path path, FileChannel pidFile) {
    this.path = path;
    this.pidFile = pidFile;
  }

  /**
   * Makes the directory if there is none, and takes it.
   *
   * @throws ConfigException another daemon has it, or it cannot be written
   */
  static Rundir claim(Path wanted) throws ConfigException {
    try {
      Path path = makePrivate(wanted);
      Path file = path.resolve(PID_FILE);
      while (true) {
        FileChannel channel =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS);
        FileLock lock = channel.tryLock();
        if (lock == null) {
          channel.close();
          throw new ConfigException(
              "a beeswitchd runs on "
                  + path
                  + " already"
                  + pidIn(file)
                  + ": end it, or choose another --rundir");
        }
        String pid = ProcessHandle.current().pid() + "\n";
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)), 0);
        if (isOpen(file)) {
          removeStaleSockets(path);
          return new Rundir(path, channel);
        }
        // A daemon that ended meanwhile has removed the file that is locked now.
        channel.close();
      }
    } catch (FileAlreadyExistsException e) {
      throw new ConfigException(wanted + " is not a directory: choose another --rundir", e);
    } catch (AccessDeniedException e) {
      throw new ConfigException(
          e.getFile() + ": permission denied: run as root, or choose another --rundir", e);
    } catch (IOException e) {
      throw new ConfigException("rundir " + wanted + ": " + e.getMessage(), e);
    }
  }

  /**
   * Makes the directory for its owner alone, or sees that nobody else could put something into one
   * that is there: who could, could have the daemon write to a file of his choice, or have tools
   * talk to a socket of his.
   */
  private static Path makePrivate(Path wanted) throws IOException, ConfigException {
    Path parent = wanted.toAbsolutePath().getParent();
    if (parent != null && !Files.exists(wanted)) {
      Files.createDirectories(parent);
      Files.createDirectory(
          wanted, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(PRIVATE)));
    }
    Path path = Files.createDirectories(wanted).toRealPath();
    Object owner = Files.getAttribute(path, "unix:uid");
    Object self = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    if (!owner.equals(self) && !owner.equals(ROOT)) {
      throw new ConfigException(
          "rundir " + path + " belongs to user " + owner + ": choose another --rundir");
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
    if (permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new ConfigException(
          "rundir "
              + path
              + " can be written to by others: chmod go-w it, or choose another --rundir");
    }
    return path;
  }

  /** Those of a daemon that was killed: nobody listens, since nobody else has the rundir. */
  private static void removeStaleSockets(Path path) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      for (Path f : files.toList()) {
        boolean named = SOCKETS.stream().anyMatch(s -> f.toString().endsWith(s));
        if (named
            && Files.readAttributes(f, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isOther()) {
          Files.delete(f);
        }
      }
    }
  }

  /**
   * Whether this process has the file open that has this name now. Asked of the kernel, because to
   * open and close it once more would let go of the lock: fcntl locks are the process's.
   */
  private static boolean isOpen(Path file) throws IOException {
    try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
      for (Path fd : fds.toList()) {
        try {
          // That of a file that was removed has "(deleted)" behind it.
          if (Files.readSymbolicLink(fd).equals(file)) {
            return true;
          }
        } catch (NoSuchFileException e) {
          // Closed since it was listed, such as the list's own.
        }
      }
    }
    return false;
  }

  private static String pidIn(Path file) {
    try {
      return ", pid " + Files.readString(file).trim();
    } catch (IOException e) {
      return ""; // it has just ended
    }
  }

  Path path() {
    return path;
  }

  /** Removes the file while it is still ours. */
  @Override
  public void close() {
    try {
      Files.deleteIfExists(path.resolve(PID_FILE));
      pidFile.close();
    } catch (IOException e) {
      throw new IllegalStateException("remove " + path.resolve(PID_FILE), e);
    }
  }
}
