// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

/**
 * A device of the kernel, known by its name. Making one opens nothing and does not ask whether the
 * device is there.
 */
public class LinuxNetdev implements Netdev {
  private final Links links;
  private final String name;

  public LinuxNetdev(Links links, String name) {
    this.links = links;
    this.name = name;
  }

  protected final Links links() {
    return links;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final NetdevState state() throws NetdevException {
    return NetdevState.of(links.get(name));
  }

  @Override
  public NetdevStats stats() throws NetdevException {
    return links.stats(links.get(name).ifindex());
  }

  @Override
  public final LinkFeatures features() {
    return links.features(name);
  }

  @Override
  public final String driver() {
    return links.driver(name);
  }

  @Override
  public final void setUp(boolean up) throws NetdevException {
    links.setUp(links.get(name).ifindex(), up);
  }

  @Override
  public final void setMtu(int mtu) throws NetdevException {
    links.setMtu(links.get(name).ifindex(), mtu);
  }

  @Override
  public final void setMac(long mac) throws NetdevException {
    links.setMac(links.get(name).ifindex(), mac);
  }

  @Override
  public String toString() {
    return name;
  }
}
