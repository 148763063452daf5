// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ports of a bridge, immutable, by OpenFlow port number ascending ({@code LOCAL} last). Ports
 * change rarely and are looked up for every output, so a change copies the array and a look-up is a
 * binary search.
 */
public final class Ports {
  public static final Ports NONE = new Ports(new PortState[0]);

  private final PortState[] byNumber;

  private Ports(PortState[] byNumber) {
    this.byNumber = byNumber;
  }

  public int size() {
    return byNumber.length;
  }

  /** The i-th port in ascending order of number. */
  public PortState at(int i) {
    return byNumber[i];
  }

  public @Nullable PortState get(int ofPort) {
    int i = find(ofPort);
    return i < 0 ? null : byNumber[i];
  }

  public @Nullable PortState byName(String name) {
    for (PortState p : byNumber) {
      if (p.name().equals(name)) {
        return p;
      }
    }
    return null;
  }

  /** With {@code p} added, or in place of the port of that number. */
  public Ports with(PortState p) {
    int i = find(p.ofPort());
    List<PortState> l = new ArrayList<>(Arrays.asList(byNumber));
    if (i >= 0) {
      l.set(i, p);
    } else {
      l.add(-i - 1, p);
    }
    return new Ports(l.toArray(new PortState[0]));
  }

  public Ports without(int ofPort) {
    int i = find(ofPort);
    if (i < 0) {
      return this;
    }
    List<PortState> l = new ArrayList<>(Arrays.asList(byNumber));
    l.remove(i);
    return new Ports(l.toArray(new PortState[0]));
  }

  public List<PortState> asList() {
    return List.of(byNumber);
  }

  private int find(int ofPort) {
    int lo = 0;
    int hi = byNumber.length - 1;
    while (lo <= hi) {
      int mid = (lo + hi) >>> 1;
      int c = Integer.compareUnsigned(byNumber[mid].ofPort(), ofPort);
      if (c == 0) {
        return mid;
      } else if (c < 0) {
        lo = mid + 1;
      } else {
        hi = mid - 1;
      }
    }
    return -lo - 1;
  }
}
