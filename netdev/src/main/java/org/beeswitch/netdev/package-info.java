// SPDX-License-Identifier: Apache-2.0

/**
 * Linux network devices as the switch uses them.
 *
 * <p>Three questions, and who answers them:
 *
 * <ul>
 *   <li><em>Which devices are there, and how are they?</em> {@link org.beeswitch.netdev.Links} asks
 *       the kernel and changes it (rtnetlink, ethtool); {@link org.beeswitch.netdev.LinkMonitor}
 *       tells when something changes; a {@link org.beeswitch.netdev.Link} is a device at one
 *       moment.
 *   <li><em>What is this port?</em> {@link org.beeswitch.netdev.Netdev} is one device under its
 *       name: state, counters, features, in the terms that port descriptions need.
 *   <li><em>How do packets get in and out?</em> {@link org.beeswitch.netdev.PacketNetdev}, which is
 *       a {@link org.beeswitch.netdev.PacketSocket} on an existing device, a {@link
 *       org.beeswitch.netdev.Tap}, whose other end is the host, or a {@link
 *       org.beeswitch.netdev.MemoryNetdev}, whose other end is a test; {@link
 *       org.beeswitch.netdev.NetdevPoll} waits for many of them.
 * </ul>
 *
 * The BPF datapath needs the first two and {@code Tap}; its packets never come here.
 *
 * <p>Packets are {@link org.beeswitch.flow.Packet}s with their offload state: nothing in this
 * package computes a checksum or cuts a segment, the kernel does where it must.
 *
 * <p>Where the machine refuses, {@link org.beeswitch.netdev.NetdevException} has errno, device and
 * call; on packets' path it is a negative errno. Sockets stay in the network namespace of the
 * thread that opened them.
 *
 * <p>Nothing here knows qdiscs other than {@code clsact} yet; queues will come beside {@link
 * org.beeswitch.netdev.Links}, over the same {@code sys.Netlink}.
 */
@NullMarked
package org.beeswitch.netdev;

import org.jspecify.annotations.NullMarked;
