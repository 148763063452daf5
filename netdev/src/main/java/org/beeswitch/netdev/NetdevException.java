// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

/** The machine refused an operation on a network device. */
public final class NetdevException extends Exception {
  private final int errno;

  /**
   * @param errno Linux error number, positive
   * @param object what was operated on: mostly the device's name
   * @param call what was tried, such as {@code "set up"}
   * @param detail what the kernel had to say, or the value refused; empty if nothing
   */
  public NetdevException(int errno, String object, String call, String detail) {
    super(message(errno, object, call, detail));
    this.errno = errno;
  }

  public NetdevException(int errno, String object, String call) {
    this(errno, object, call, "");
  }

  private static String message(int errno, String object, String call, String detail) {
    StringBuilder sb = new StringBuilder();
    sb.append(object).append(": ").append(call).append(": ").append(Errno.text(errno));
    if (!detail.isEmpty()) {
      sb.append(": ").append(detail);
    }
    String advice = advice(errno);
    if (!advice.isEmpty()) {
      sb.append("; ").append(advice);
    }
    return sb.toString();
  }

  private static String advice(int errno) {
    return switch (errno) {
      case Errno.EPERM, Errno.EACCES -> "run as root, or with CAP_NET_ADMIN and CAP_NET_RAW";
      case Errno.ENODEV -> "'ip link' lists the devices there are";
      case Errno.EEXIST -> "choose another name, or remove that device with 'ip link delete'";
      case Errno.EBUSY -> "another program uses the device";
      default -> "";
    };
  }

  public int errno() {
    return errno;
  }
}
