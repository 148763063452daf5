// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.sys;

import com.kenai.jffi.MemoryIO;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.sys.NativeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The {@code bpf} system call and a few others that maps need, with Linux's own convention for
 * errors: a result, or a negative errno.
 *
 * <p>Calls that packets or flows cause take the caller's {@link Attr}, so that nothing is
 * allocated.
 */
public final class Bpf {
  static {
    // Before the first jnr class loads: the generated x86 stubs pass garbage as a sixth argument.
    if (System.getProperty("jnr.ffi.x86asm.enabled") == null) {
      System.setProperty("jnr.ffi.x86asm.enabled", "false");
    }
  }

  // enum bpf_cmd
  private static final int MAP_CREATE = 0;
  private static final int MAP_LOOKUP_ELEM = 1;
  private static final int MAP_UPDATE_ELEM = 2;
  private static final int MAP_DELETE_ELEM = 3;
  private static final int OBJ_PIN = 6;
  private static final int OBJ_GET = 7;
  static final int PROG_TEST_RUN = 10;
  private static final int MAP_GET_FD_BY_ID = 14;
  private static final int OBJ_GET_INFO_BY_FD = 15;
  private static final int MAP_LOOKUP_BATCH = 24;
  private static final int MAP_UPDATE_BATCH = 26;
  private static final int LINK_CREATE = 28;

  // enum bpf_map_type
  public static final int MAP_TYPE_HASH = 1;
  public static final int MAP_TYPE_ARRAY = 2;
  public static final int MAP_TYPE_RINGBUF = 27;

  // Flags of maps and of updates.
  public static final int F_NO_PREALLOC = 1;
  public static final int F_MMAPABLE = 1 << 10;
  public static final long ANY = 0;
  public static final long NOEXIST = 1;

  /** enum bpf_attach_type, BPF_TCX_INGRESS (kernel 6.6). */
  private static final int TCX_INGRESS = 46;

  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int MAP_SHARED = 1;
  private static final int MEMBARRIER_CMD_GLOBAL = 1;
  private static final int MNT_DETACH = 2;
  private static final int CLOCK_MONOTONIC_COARSE = 6;

  /** Of {@code struct bpf_map_info}, what is read: up to max_entries, name and more behind. */
  private static final int MAP_INFO_SIZE = 80;

  /** Of {@code struct bpf_link_info}, up to what a tcx link has. */
  private static final int LINK_INFO_SIZE = 24;

  private static final long BPF_FS_MAGIC = 0xcafe4a11L;

  private static final boolean ARM =
      System.getProperty("os.arch").toLowerCase(Locale.ROOT).equals("aarch64");
  static final int SYS_BPF = ARM ? 280 : 321;
  private static final int SYS_MMAP = ARM ? 222 : 9;
  private static final int SYS_MUNMAP = ARM ? 215 : 11;
  private static final int SYS_MEMBARRIER = ARM ? 283 : 324;
  private static final int SYS_MOUNT = ARM ? 40 : 165;
  private static final int SYS_UMOUNT2 = ARM ? 39 : 166;
  private static final int SYS_STATFS = ARM ? 43 : 137;
  private static final int SYS_PPOLL = ARM ? 73 : 271;
  private static final int SYS_CLOCK_GETRES = ARM ? 114 : 229;

  private static final NativeCalls C = LibraryLoader.create(NativeCalls.class).load("c");
  private static final Runtime RUNTIME = Runtime.getRuntime(C);

  private Bpf() {}

  static NativeCalls c() {
    return C;
  }

  private static long call(int nr, long a, long b, long c, long d, long e, long f) {
    long r = C.syscall(nr, a, b, c, d, e, f);
    return r >= 0 ? r : -RUNTIME.getLastError();
  }

  /** A call whose arguments point into buffers that must not go before it is over. */
  static long call(NativeBuffer[] used, int nr, long a, long b, long c, long d, long e, long f) {
    try {
      return call(nr, a, b, c, d, e, f);
    } finally {
      Reference.reachabilityFence(used);
    }
  }

  static NativeBuffer[] using(NativeBuffer... buffers) {
    return buffers;
  }

  /** A {@code union bpf_attr} and the key and value that it points to; one thread's at a time. */
  public static final class Attr {
    private static final int SIZE = 128;
    private final NativeBuffer attr = new NativeBuffer(SIZE);
    private final NativeBuffer key;
    private final NativeBuffer value;

    public Attr(int keySize, int valueSize) {
      key = new NativeBuffer(Math.max(8, keySize));
      value = new NativeBuffer(Math.max(8, valueSize));
    }

    public ByteBuffer key() {
      return key.bytes();
    }

    public ByteBuffer value() {
      return value.bytes();
    }

    /** The kernel insists that what a command does not use is zero. */
    private int element(int cmd, int fd, long flags) {
      ByteBuffer b = attr.bytes();
      b.putLong(0, fd);
      b.putLong(8, key.address());
      b.putLong(16, cmd == MAP_DELETE_ELEM ? 0 : value.address());
      b.putLong(24, flags);
      long r = C.syscall(SYS_BPF, cmd, attr.address(), 32);
      return r >= 0 ? (int) r : -RUNTIME.getLastError();
    }

    public int update(int mapFd, long flags) {
      return element(MAP_UPDATE_ELEM, mapFd, flags);
    }

    public int lookup(int mapFd) {
      return element(MAP_LOOKUP_ELEM, mapFd, 0);
    }

    public int delete(int mapFd) {
      return element(MAP_DELETE_ELEM, mapFd, 0);
    }
  }

  /** Returns the new map's fd. */
  public static int createMap(
      int type, String name, int keySize, int valueSize, int maxEntries, int flags) {
    NativeBuffer a = new NativeBuffer(Attr.SIZE);
    ByteBuffer b = a.bytes();
    b.putInt(0, type);
    b.putInt(4, keySize);
    b.putInt(8, valueSize);
    b.putInt(12, maxEntries);
    b.putInt(16, flags);
    byte[] n = name.getBytes(StandardCharsets.US_ASCII);
    b.put(28, n, 0, Math.min(15, n.length));
    return (int) call(SYS_BPF, MAP_CREATE, a.address(), 72, 0, 0, 0);
  }

  /** For arrays of maps and programs: element {@code index} becomes what {@code fd} stands for. */
  public static int setElement(int arrayFd, int index, int fd) {
    Attr a = new Attr(4, 4);
    a.key().putInt(0, index);
    a.value().putInt(0, fd);
    return a.update(arrayFd, ANY);
  }

  /** For arrays of maps: elements {@code first} and on, with one grace period for all. */
  public static int setElements(int arrayFd, int first, int[] fds) {
    NativeBuffer keys = new NativeBuffer(4 * fds.length);
    NativeBuffer values = new NativeBuffer(4 * fds.length);
    for (int i = 0; i < fds.length; i++) {
      keys.bytes().putInt(4 * i, first + i);
      values.bytes().putInt(4 * i, fds[i]);
    }
    NativeBuffer a = new NativeBuffer(Attr.SIZE);
    a.bytes().putLong(16, keys.address());
    a.bytes().putLong(24, values.address());
    a.bytes().putInt(32, fds.length);
    a.bytes().putInt(36, arrayFd);
    return (int) call(using(a, keys, values), SYS_BPF, MAP_UPDATE_BATCH, a.address(), 56, 0, 0, 0);
  }

  /** For arrays of maps: an fd of element {@code index}; -ENOENT if there is none. */
  public static int getElement(int arrayFd, int index) {
    Attr element = new Attr(4, 4);
    element.key().putInt(0, index);
    int error = element.lookup(arrayFd);
    if (error < 0) {
      return error;
    }
    NativeBuffer a = new NativeBuffer(Attr.SIZE);
    a.bytes().putInt(0, element.value().getInt(0)); // what a look-up gives is the map's id
    return (int) call(SYS_BPF, MAP_GET_FD_BY_ID, a.address(), 16, 0, 0, 0);
  }

  /** How many elements a map has room for, or a negative errno. */
  public static int maxEntries(int mapFd) {
    NativeBuffer info = new NativeBuffer(MAP_INFO_SIZE);
    int error = info(mapFd, info, MAP_INFO_SIZE);
    return error < 0 ? error : info.bytes().getInt(16);
  }

  /** The device that an attachment to tc ingress is on; 0: the device is gone. */
  public static int ifindexOf(int linkFd) {
    NativeBuffer info = new NativeBuffer(LINK_INFO_SIZE);
    return info(linkFd, info, LINK_INFO_SIZE) < 0 ? 0 : info.bytes().getInt(16);
  }

  private static int info(int fd, NativeBuffer info, int size) {
    NativeBuffer a = new NativeBuffer(Attr.SIZE);
    a.bytes().putInt(0, fd);
    a.bytes().putInt(4, size);
    a.bytes().putLong(8, info.address());
    return (int) call(using(a, info), SYS_BPF, OBJ_GET_INFO_BY_FD, a.address(), 16, 0, 0, 0);
  }

  /** Takes elements of a hash map; both buffers are in native order and reused. */
  public interface ElementVisitor {
    void visit(ByteBuffer key, ByteBuffer value);
  }

  /**
   * Calls the visitor for each element of a hash map that nobody changes meanwhile. Returns 0 or a
   * negative errno.
   */
  public static int forEach(int mapFd, int keySize, int valueSize, ElementVisitor visitor) {
    NativeBuffer token = new NativeBuffer(8);
    NativeBuffer a = new NativeBuffer(Attr.SIZE);
    int most = 1024;
    NativeBuffer keys = new NativeBuffer(most * keySize);
    NativeBuffer values = new NativeBuffer(most * valueSize);
    boolean first = true;
    while (true) {
      a.bytes().putLong(0, first ? 0 : token.address());
      a.bytes().putLong(8, token.address());
      a.bytes().putLong(16, keys.address());
      a.bytes().putLong(24, values.address());
      a.bytes().putInt(32, most);
      a.bytes().putInt(36, mapFd);
      int r =
          (int)
              call(
                  using(a, token, keys, values),
                  SYS_BPF,
                  MAP_LOOKUP_BATCH,
                  a.address(),
                  56,
                  0,
                  0,
                  0);
      if (r == -Errno.ENOSPC) { // one bucket has more than all that
        most *= 2;
        keys = new NativeBuffer(most * keySize);
        values = new NativeBuffer(most * valueSize);
        continue;
      }
      if (r < 0 && r != -Errno.ENOENT) {
        return r;
      }
      for (int i = 0; i < a.bytes().getInt(32); i++) {
        visitor.visit(
            slice(keys.bytes(), i * keySize, keySize),
            slice(values.bytes(), i * valueSize, valueSize));
      }
      if (r < 0) {
        return 0;
      }
      first = false;
    }
  }

  private static ByteBuffer slice(ByteBuffer b, int from, int length) {
    return b.slice(from, length).order(ByteOrder.nativeOrder());
  }

  public static int pin(int fd, String path) {
    NativeBuffer a = new NativeBuffer(Attr.SIZE);
    NativeBuffer p = cString(path);
    a.bytes().putLong(0, p.address());
    a.bytes().putInt(8, fd);
    return (int) call(using(a, p), SYS_BPF, OBJ_PIN, a.address(), 16, 0, 0, 0);
  }

  /** Returns an fd of what is pinned there. */
  public static int get(String path) {
    NativeBuffer a = new NativeBuffer(Attr.SIZE);
    NativeBuffer p = cString(path);
    a.bytes().putLong(0, p.address());
    return (int) call(using(a, p), SYS_BPF, OBJ_GET, a.address(), 16, 0, 0, 0);
  }

  /** Attaches a program to a device's tc ingress; the fd returned is the attachment. */
  public static int attachIngress(int progFd, int ifindex) {
    NativeBuffer a = new NativeBuffer(Attr.SIZE);
    a.bytes().putInt(0, progFd);
    a.bytes().putInt(4, ifindex);
    a.bytes().putInt(8, TCX_INGRESS);
    return (int) call(SYS_BPF, LINK_CREATE, a.address(), 48, 0, 0, 0);
  }

  /** What a test run of a program gave. */
  public static final class TestRun {
    public final int verdict;
    public final byte[] frame;
    public final int nsPerRun;

    TestRun(int verdict, byte[] frame, int nsPerRun) {
      this.verdict = verdict;
      this.frame = frame;
      this.nsPerRun = nsPerRun;
    }
  }

  /**
   * Runs a program on a frame.
   *
   * @param context a {@code struct __sk_buff}, or empty
   * @return null with nothing done if the kernel refuses; {@code error[0]} then has the errno
   */
  public static @Nullable TestRun testRun(
      int progFd, byte[] frame, byte[] context, int repeat, int[] error) {
    NativeBuffer a = new NativeBuffer(Attr.SIZE);
    NativeBuffer in = new NativeBuffer(Math.max(1, frame.length));
    NativeBuffer out = new NativeBuffer(frame.length + 1024);
    NativeBuffer ctx = new NativeBuffer(Math.max(1, context.length));
    in.bytes().put(0, frame);
    ctx.bytes().put(0, context);
    ByteBuffer b = a.bytes();
    b.putInt(0, progFd);
    b.putInt(8, frame.length);
    b.putInt(12, out.size());
    b.putLong(16, in.address());
    b.putLong(24, out.address());
    b.putInt(32, repeat);
    if (context.length > 0) {
      b.putInt(40, context.length);
      b.putLong(48, ctx.address());
    }
    int r = (int) call(using(a, in, out, ctx), SYS_BPF, PROG_TEST_RUN, a.address(), 80, 0, 0, 0);
    error[0] = -r;
    if (r < 0) {
      return null;
    }
    byte[] result = new byte[Math.min(b.getInt(12), out.size())];
    out.bytes().get(0, result);
    return new TestRun(b.getInt(4), result, b.getInt(36));
  }

  /** Maps memory of a map; the buffer is in native order. Null: refused. Never unmapped by GC. */
  public static @Nullable ByteBuffer map(int fd, long offset, long length, boolean writable) {
    long addr =
        call(
            SYS_MMAP,
            0,
            length,
            writable ? PROT_READ | PROT_WRITE : PROT_READ,
            MAP_SHARED,
            fd,
            offset);
    if (addr < 0 && addr > -4096) {
      return null;
    }
    return MemoryIO.getInstance()
        .newDirectByteBuffer(addr, (int) length)
        .order(ByteOrder.nativeOrder());
  }

  /** Nobody may touch the buffer again. */
  public static void unmap(ByteBuffer mapped) {
    long addr = MemoryIO.getInstance().getDirectBufferAddress(mapped);
    call(SYS_MUNMAP, addr, mapped.capacity(), 0, 0, 0, 0);
  }

  /**
   * Returns when every program that was running on any CPU has ended: programs run within RCU read
   * sections, and this waits for a grace period.
   */
  public static int gracePeriod() {
    return (int) call(SYS_MEMBARRIER, MEMBARRIER_CMD_GLOBAL, 0, 0, 0, 0, 0);
  }

  /** Length of the kernel's tick (a jiffy). */
  public static long tickNs() {
    NativeBuffer timespec = new NativeBuffer(16);
    call(SYS_CLOCK_GETRES, CLOCK_MONOTONIC_COARSE, timespec.address(), 0, 0, 0, 0);
    return timespec.bytes().getLong(8);
  }

  public static int mountBpffs(String path) {
    NativeBuffer type = cString("bpf");
    NativeBuffer p = cString(path);
    return (int)
        call(using(type, p), SYS_MOUNT, type.address(), p.address(), type.address(), 0, 0, 0);
  }

  public static int unmount(String path) {
    NativeBuffer p = cString(path);
    return (int) call(using(p), SYS_UMOUNT2, p.address(), MNT_DETACH, 0, 0, 0, 0);
  }

  public static boolean isBpffs(String path) {
    NativeBuffer p = cString(path);
    NativeBuffer statfs = new NativeBuffer(256);
    int r = (int) call(using(p, statfs), SYS_STATFS, p.address(), statfs.address(), 0, 0, 0, 0);
    return r == 0 && (statfs.bytes().getLong(0) & 0xffffffffL) == BPF_FS_MAGIC;
  }

  /** Waits for either of two files to be readable; its memory is made once. One thread's. */
  public static final class Poller {
    private static final short POLLIN = 1;
    private final NativeBuffer fds = new NativeBuffer(16);
    private final NativeBuffer timeout = new NativeBuffer(16);

    public Poller(int fd0, int fd1) {
      fds.bytes().putInt(0, fd0);
      fds.bytes().putShort(4, POLLIN);
      fds.bytes().putInt(8, fd1);
      fds.bytes().putShort(12, POLLIN);
    }

    /** Returns whether the second file is readable. */
    public boolean await(long timeoutNs) {
      timeout.bytes().putLong(0, timeoutNs / 1_000_000_000L);
      timeout.bytes().putLong(8, timeoutNs % 1_000_000_000L);
      // Without a signal mask its size, the fifth argument, is not looked at.
      long r = C.syscall(SYS_PPOLL, fds.address(), 2, timeout.address(), 0);
      return r > 0 && (fds.bytes().getShort(14) & POLLIN) != 0;
    }
  }

  static NativeBuffer cString(String s) {
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    NativeBuffer n = new NativeBuffer(b.length + 1);
    n.bytes().put(0, b);
    return n;
  }
}
