// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.sys;

import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import jnr.ffi.LibraryLoader;
import org.beeswitch.netdev.sys.NativeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A BPF object file as libbpf opens and loads it: relocated against the running kernel, its maps
 * made, its programs verified.
 *
 * <p>Errors are negative errnos; {@link #complaints} has the last lines that libbpf wrote.
 */
public final class BpfObject implements AutoCloseable {
  private static final int LIBBPF_WARN = 0;
  private static final int MAX_COMPLAINTS = 40;

  /** Bound on first use, so that a machine without libbpf can be told so. */
  private static final class Library {
    static final LibBpf LIB = LibraryLoader.create(LibBpf.class).load("libbpf.so.1");
    static final Deque<String> COMPLAINTS = new ArrayDeque<>();

    /** Kept here: libbpf does not, and a collected callback cannot be called. */
    static final LibBpf.Print PRINT = Library::print;

    static {
      LIB.libbpf_set_print(PRINT);
    }

    private static int print(int level, long format, long args) {
      if (level == LIBBPF_WARN) {
        NativeBuffer b = new NativeBuffer(1024);
        Bpf.c().vsnprintf(b.address(), b.size(), format, args);
        byte[] text = new byte[b.size()];
        b.bytes().get(0, text);
        int n = 0;
        while (n < text.length && text[n] != 0) {
          n++;
        }
        synchronized (COMPLAINTS) {
          COMPLAINTS.addLast(new String(text, 0, n, StandardCharsets.UTF_8).strip());
          if (COMPLAINTS.size() > MAX_COMPLAINTS) {
            COMPLAINTS.removeFirst();
          }
        }
      }
      return 0;
    }
  }

  private final LibBpf lib;
  private final NativeBuffer bytes;
  private long object;

  private BpfObject(LibBpf lib, NativeBuffer bytes, long object) {
    this.lib = lib;
    this.bytes = bytes;
    this.object = object;
  }

  /** Whether libbpf.so.1 is there. */
  public static boolean isLibraryPresent() {
    try {
      return Library.LIB != null;
    } catch (LinkageError e) {
      return false;
    }
  }

  /** Null: it is no BPF object that libbpf understands. */
  public static @Nullable BpfObject open(byte[] elf) {
    NativeBuffer b = new NativeBuffer(elf.length);
    b.bytes().put(0, elf);
    long object = Library.LIB.bpf_object__open_mem(b.address(), elf.length, 0);
    return object == 0 ? null : new BpfObject(Library.LIB, b, object);
  }

  /** Gives a data section the bytes that it starts with. Before {@link #load}. */
  public int setInitialValue(String section, byte[] value) {
    long map = lib.bpf_object__find_map_by_name(object, section);
    NativeBuffer b = new NativeBuffer(value.length);
    b.bytes().put(0, value);
    return map == 0 ? -2 : lib.bpf_map__set_initial_value(map, b.address(), value.length);
  }

  /** Leaves a program out. Before {@link #load}. */
  public int leaveOut(String program) {
    long p = lib.bpf_object__find_program_by_name(object, program);
    return p == 0 ? -2 : lib.bpf_program__set_autoload(p, false);
  }

  public int load() {
    return lib.bpf_object__load(object);
  }

  /** The map's fd, owned by this object; negative if there is none. */
  public int mapFd(String name) {
    long map = lib.bpf_object__find_map_by_name(object, name);
    return map == 0 ? -2 : lib.bpf_map__fd(map);
  }

  /** The program's fd, owned by this object; negative if there is none. */
  public int programFd(String name) {
    long p = lib.bpf_object__find_program_by_name(object, name);
    return p == 0 ? -2 : lib.bpf_program__fd(p);
  }

  public static String complaints() {
    synchronized (Library.COMPLAINTS) {
      return String.join("\n", Library.COMPLAINTS);
    }
  }

  /** Closes the fds; what is pinned or attached stays. */
  @Override
  public void close() {
    if (object != 0) {
      try {
        lib.bpf_object__close(object);
      } finally {
        Reference.reachabilityFence(bytes);
      }
      object = 0;
    }
  }
}
