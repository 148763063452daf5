// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.Mem;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.netdev.Errno;

/**
 * The client's notes in map {@code dp_notes}: numbers by name, which a later process finds again
 * with the datapath ({@link org.beeswitch.dpif.Dpif#notes}). One thread at a time.
 */
final class Notes {
  /** What names of the datapath's own notes begin with; no client's does. */
  private static final String OWN = "/";

  private final int mapFd;
  private final Bpf.Attr attr = new Bpf.Attr(Abi.NOTE_NAME, 8);

  Notes(int mapFd) {
    this.mapFd = mapFd;
  }

  void putOwn(String name, long value) throws DpifException {
    BpfSystem.check(put(OWN + name, value), "note " + name);
  }

  /** A note of the datapath's own, or 0. */
  long own(String name) {
    setKey(OWN + name);
    return attr.lookup(mapFd) < 0 ? 0 : attr.value().getLong(0);
  }

  /** Returns 0, or -ENOSPC when there are {@link Abi#NOTES} already. */
  int put(String name, long value) {
    setKey(name);
    attr.value().putLong(0, value);
    int r = attr.update(mapFd, Bpf.ANY);
    return r == -Errno.E2BIG ? -Errno.ENOSPC : r;
  }

  void remove(String name) {
    setKey(name);
    attr.delete(mapFd);
  }

  private void setKey(String name) {
    byte[] b = name.getBytes(StandardCharsets.UTF_8);
    if (b.length == 0 || b.length > Abi.NOTE_NAME) {
      throw new IllegalArgumentException("note \"" + name + "\" is not 1 to 32 bytes long");
    }
    for (int i = 0; i < Abi.NOTE_NAME; i++) {
      attr.key().put(i, i < b.length ? b[i] : 0);
    }
  }

  Map<String, Long> all() {
    Map<String, Long> all = new HashMap<>();
    int error =
        Bpf.forEach(
            mapFd,
            Abi.NOTE_NAME,
            8,
            (k, v) -> all.put(Mem.getText(k, 0, Abi.NOTE_NAME), v.getLong(0)));
    all.keySet().removeIf(name -> name.startsWith(OWN));
    if (error < 0) {
      throw new IllegalStateException("read map dp_notes: " + Errno.text(-error));
    }
    return all;
  }
}
