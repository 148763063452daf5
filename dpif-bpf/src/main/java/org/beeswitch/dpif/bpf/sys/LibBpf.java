// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.sys;

import jnr.ffi.annotations.Delegate;

/**
 * What we use of libbpf (version 1.0 or later): loading an object file. Pointers are {@code long}.
 * Everything else is the {@code bpf} system call itself, in {@link Bpf}.
 */
public interface LibBpf {
  long bpf_object__open_mem(long bytes, long size, long opts);

  int bpf_object__load(long object);

  void bpf_object__close(long object);

  long bpf_object__find_map_by_name(long object, String name);

  int bpf_map__fd(long map);

  int bpf_map__set_initial_value(long map, long data, long size);

  long bpf_object__find_program_by_name(long object, String name);

  int bpf_program__fd(long program);

  int bpf_program__set_autoload(long program, boolean autoload);

  long libbpf_set_print(Print print);

  /** {@code libbpf_print_fn_t}. */
  interface Print {
    @Delegate
    int print(int level, long format, long args);
  }
}
