// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import java.nio.charset.StandardCharsets;
import org.beeswitch.netdev.sys.NativeBuffer;
import org.beeswitch.netdev.sys.Sys;

/**
 * Says that a device is a port of this process, to every other switch on the machine.
 *
 * <p>Two switches on one device would each take the other's packets for the network's. The kernel
 * objects to neither packet sockets nor programs, so the claim is a socket bound to an abstract
 * unix name made of the device's ifindex: such names are per network namespace, as ifindexes are,
 * and end with the process however it dies. What a process without claim left on a device is
 * nobody's, and may be adopted or removed.
 */
public final class DeviceClaim implements AutoCloseable {
  private static final int SUN_PATH = 2;

  private final int fd;

  private DeviceClaim(int fd) {
    this.fd = fd;
  }

  /**
   * Claims a device of the calling thread's network namespace.
   *
   * @throws NetdevException EBUSY: another switch, or this one, has it
   */
  public static DeviceClaim of(Link link) throws NetdevException {
    int fd = Sys.socket(Sys.AF_UNIX, Sys.SOCK_DGRAM | Sys.SOCK_CLOEXEC, 0);
    if (fd < 0) {
      throw new NetdevException(-fd, link.name(), "claim");
    }
    byte[] name = ("org.beeswitch.port." + link.ifindex()).getBytes(StandardCharsets.US_ASCII);
    // An abstract name begins with NUL and has no end but the address's.
    int length = SUN_PATH + 1 + name.length;
    NativeBuffer addr = new NativeBuffer(length);
    addr.bytes().putShort(0, (short) Sys.AF_UNIX).put(SUN_PATH + 1, name);
    int r = Sys.bind(fd, addr, length);
    if (r < 0) {
      Sys.close(fd);
      throw r == -Errno.EADDRINUSE
          ? new NetdevException(Errno.EBUSY, link.name(), "claim", "it is a switch's port already")
          : new NetdevException(-r, link.name(), "claim");
    }
    return new DeviceClaim(fd);
  }

  @Override
  public void close() {
    Sys.close(fd);
  }
}
