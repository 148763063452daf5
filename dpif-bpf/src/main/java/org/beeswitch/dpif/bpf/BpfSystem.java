// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.dpif.bpf.sys.BpfObject;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.sys.Sys;
import org.jspecify.annotations.Nullable;

/**
 * The kernel side: programs verified and joined, maps made and those that Java shares mapped into
 * its memory. Either loaded by this process ({@link #load}), or by one before it and found again
 * ({@link #adopt}).
 *
 * <p>What is missing on the machine is told in one line: libbpf, BTF, privileges, kernel.
 */
final class BpfSystem implements AutoCloseable {
  private static final String RESOURCE = "/org/beeswitch/bpf/datapath.bpf.o";

  /** Programs that others go on into, by their place ({@code enum dp_prog}). */
  private static final String[] TAIL_CALLED = {
    "dp_ingress", "dp_miss", "dp_act", "dp_execute", "dp_light"
  };

  /** Maps that are mapped, and the sizes of their values and numbers of them. */
  private record Mapped(String name, int valueSize, int n) {}

  private static final Mapped[] MAPPED = {
    new Mapped("dp_masks", Abi.Mask.SIZE, Abi.MASKS),
    new Mapped("dp_mask_order", Abi.MaskOrder.SIZE, Abi.MASKS),
    new Mapped("dp_ports", Abi.Port.SIZE, Abi.PORTS),
    new Mapped("dp_ifindexes", Abi.Ifindex.SIZE, Abi.IFINDEX_SLOTS),
    new Mapped("dp_handlers", Abi.Handler.SIZE, Abi.HANDLERS),
    new Mapped("dp_execs", Abi.Exec.SIZE, Abi.EXECS + 1),
    new Mapped("dp_counters", 8, Abi.COUNTERS),
  };

  /** Maps that are pinned besides those: all that a later process needs to take over. */
  private static final String[] PINNED = {
    "dp_cache",
    "dp_flows",
    "dp_actions",
    "dp_table3",
    "dp_table7",
    "dp_table15",
    "dp_table23",
    "dp_table80",
    "dp_ifindex_more",
    "dp_rings",
    "dp_notes",
    "dp_progs"
  };

  /**
   * Programs that are pinned: those that others go on into, and those that Java attaches or runs.
   */
  private static final String[] PROGRAMS = {
    "dp_ingress", "dp_miss", "dp_act", "dp_execute", "dp_light", "dp_clock"
  };

  /** The fds of maps and programs by name. */
  private interface Source extends AutoCloseable {
    /** Negative: there is none of that name. */
    int map(String name);

    /** Negative: there is none of that name. */
    int program(String name);

    @Override
    void close();
  }

  private final Source source;
  private final Map<String, ByteBuffer> memory = new LinkedHashMap<>();

  private BpfSystem(Source source) {
    this.source = source;
  }

  /** The object's bytes, as the build made them. */
  static byte[] objectFile() throws DpifException {
    try (InputStream in = BpfSystem.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new DpifException(
            Errno.ENOENT, "BPF object " + RESOURCE + " is not in the class path; build bpf-src");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new DpifException(Errno.EIO, "BPF object " + RESOURCE + ": " + e.getMessage(), e);
    }
  }

  /**
   * What tells whether maps and programs that are already there are what this process would load.
   */
  static String abiHash() throws DpifException {
    return hashOf(objectFile(), new byte[] {Abi.STATE_VERSION});
  }

  /** A short name for some bytes. */
  static String hashOf(byte[]... bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] b : bytes) {
        digest.update(b);
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /**
   * Loads.
   *
   * @param leaveOut programs that are only for tests and need not be verified
   */
  static BpfSystem load(String... leaveOut) throws DpifException {
    requirements();
    byte[] elf = objectFile();
    BpfObject object = BpfObject.open(elf);
    if (object == null) {
      throw new DpifException(
          Errno.EINVAL, "libbpf does not understand the BPF object: " + lastComplaint());
    }
    for (String program : leaveOut) {
      object.leaveOut(program);
    }
    int error = object.setInitialValue(".rodata.config", config());
    error = error < 0 ? error : object.load();
    if (error < 0) {
      object.close();
      throw new DpifException(-error, "load BPF programs: " + advice(-error));
    }
    BpfSystem system = new BpfSystem(new Loaded(object));
    try {
      for (int i = 0; i < TAIL_CALLED.length; i++) {
        int set = Bpf.setElement(system.map("dp_progs"), i, system.program(TAIL_CALLED[i]));
        check(set, "join BPF programs");
      }
      system.mapMemory();
    } catch (DpifException e) {
      system.close();
      throw e;
    }
    return system;
  }

  /** What libbpf has loaded; it closes the fds. */
  private record Loaded(BpfObject object) implements Source {
    @Override
    public int map(String name) {
      return object.mapFd(name);
    }

    @Override
    public int program(String name) {
      return object.programFd(name);
    }

    @Override
    public void close() {
      object.close();
    }
  }

  /**
   * Opens what an earlier process of this ABI has pinned: the programs go on running, with the hash
   * seeds that they were loaded with. Null if not all of it is there, because that process died
   * while it started.
   */
  static @Nullable BpfSystem adopt(Pins pins) throws DpifException {
    requirements();
    Map<String, Integer> fds = new LinkedHashMap<>();
    BpfSystem system = new BpfSystem(new Pinned(fds));
    for (String name : pinned()) {
      int fd = pins.get(name);
      if (fd < 0) {
        system.close();
        return null;
      }
      fds.put(name, fd);
    }
    try {
      system.mapMemory();
    } catch (DpifException e) {
      system.close();
      throw e;
    }
    return system;
  }

  /** What was pinned; no map has the name of a program. */
  private record Pinned(Map<String, Integer> fds) implements Source {
    @Override
    public int map(String name) {
      return fds.getOrDefault(name, -Errno.ENOENT);
    }

    @Override
    public int program(String name) {
      return fds.getOrDefault(name, -Errno.ENOENT);
    }

    @Override
    public void close() {
      fds.values().forEach(Sys::close);
      fds.clear();
    }
  }

  private static List<String> pinned() {
    List<String> all = new ArrayList<>();
    for (Mapped m : MAPPED) {
      all.add(m.name());
    }
    all.addAll(List.of(PINNED));
    all.addAll(List.of(PROGRAMS));
    return all;
  }

  private static void requirements() throws DpifException {
    if (!BpfObject.isLibraryPresent()) {
      throw new DpifException(
          Errno.ENOENT, "libbpf.so.1 is missing: install it (Debian: apt install libbpf1)");
    }
    if (!Files.isReadable(Path.of("/sys/kernel/btf/vmlinux"))) {
      throw new DpifException(
          Errno.EOPNOTSUPP,
          "/sys/kernel/btf/vmlinux is missing: the BPF datapath needs a kernel with"
              + " CONFIG_DEBUG_INFO_BTF");
    }
  }

  private static String advice(int errno) {
    return switch (errno) {
      case Errno.EPERM, Errno.EACCES ->
          "not permitted; run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON";
      case Errno.ENOMEM -> "out of memory, or of RLIMIT_MEMLOCK on old kernels";
      default ->
          Errno.text(errno) + "; it needs Linux 6.6 or later with BPF JIT: " + lastComplaint();
    };
  }

  private static String lastComplaint() {
    String all = BpfObject.complaints();
    return all.substring(all.lastIndexOf('\n') + 1);
  }

  /** {@code struct dp_config}. */
  private static byte[] config() {
    ByteBuffer b = ByteBuffer.allocate(Abi.Config.SIZE).order(ByteOrder.nativeOrder());
    SecureRandom random = new SecureRandom();
    for (int i = 0; i < Abi.Config.SIZE; i += 8) {
      b.putLong(Abi.Config.SEED + i, random.nextLong());
    }
    return b.array();
  }

  private void mapMemory() throws DpifException {
    for (Mapped m : MAPPED) {
      ByteBuffer b = Bpf.map(map(m.name()), 0, pages((long) m.valueSize() * m.n()), true);
      if (b == null) {
        throw new DpifException(Errno.ENOMEM, "map BPF map " + m.name() + " into memory");
      }
      memory.put(m.name(), b);
    }
  }

  private static long pages(long bytes) {
    return bytes + 4095 & ~4095L;
  }

  static void check(int result, String what) throws DpifException {
    if (result < 0) {
      throw new DpifException(-result, what + ": " + Errno.text(-result));
    }
  }

  /** The map's fd; it stays this object's. */
  int map(String name) {
    int fd = source.map(name);
    if (fd < 0) {
      throw new IllegalStateException("the BPF object has no map " + name);
    }
    return fd;
  }

  /** The program's fd; it stays this object's. */
  int program(String name) {
    int fd = source.program(name);
    if (fd < 0) {
      throw new IllegalStateException("the BPF object has no program " + name);
    }
    return fd;
  }

  /** A map's values, shared with the programs. */
  ByteBuffer memory(String name) {
    ByteBuffer b = memory.get(name);
    if (b == null) {
      throw new IllegalStateException("map " + name + " is not mapped");
    }
    return b;
  }

  /** Pins all that a later process needs to take over. */
  void pin(Pins pins) throws DpifException {
    for (String name : pinned()) {
      int map = source.map(name);
      pins.pin(map >= 0 ? map : program(name), name);
    }
  }

  /** Lets go of it; what is pinned stays in the kernel. */
  @Override
  public void close() {
    memory.values().forEach(Bpf::unmap);
    memory.clear();
    source.close();
  }
}
