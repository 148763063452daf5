// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import static org.beeswitch.flow.FlowLayout.ODP;
import static org.beeswitch.flow.FlowLayout.ODP_WORDS;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.flow.Flow;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.beeswitch.ofproto.xlate.Xlate;
import org.beeswitch.ofproto.xlate.XlateError;
import org.beeswitch.ofproto.xlate.XlateOut;

/**
 * Makes the megaflows of an earlier process ours, once, when the tables are what they should be
 * (OVS {@code flow-restore-wait}, whose end flushes the datapath; here what is still right goes
 * on).
 *
 * <p>Until then these megaflows forward without anybody looking: they have no ukeys, so that no
 * change finds them, no revalidator ages them, and no rule is credited. Then each is translated
 * again, from its masked key, where bits that it does not know are zero:
 *
 * <ul>
 *   <li>The translation looked only at bits that the megaflow's mask has: it holds for all packets
 *       of the megaflow. It gets a ukey, and other actions if they are others now.
 *   <li>It looked at more bits, or wants an address learned, or the input port is no bridge's: the
 *       megaflow goes. That is done when handlers already run, since its packets then come up.
 * </ul>
 *
 * <p>Packets of before are counted here and credited to no rule, for nobody knows which it was.
 *
 * <p>A learning switch has forgotten what it learned. Megaflows of NORMAL know the source address
 * that they were made for, so before anything else what they would learn is learned, in the order
 * in which they were used: else a switch that starts again would flood.
 *
 * <p>{@code main} alone, while neither handlers nor revalidators run, but {@link #removeWrong} and
 * {@link #coverage}.
 */
public final class Adoption {
  /** Megaflows removed between two waits for packets to be through. */
  private static final int BATCH = 4_096;

  private final Udpif udpif;
  private final Dpif dpif;
  private final Xlate xlate;
  private final OdpActions slowPath = Handler.slowPath();
  private final Flow flow = new Flow();
  private final FlowStats statsScratch = new FlowStats();
  private final List<Integer> wrong = new ArrayList<>();
  private final AtomicLong kept = new AtomicLong();
  private final AtomicLong corrected = new AtomicLong();
  private final AtomicLong removed = new AtomicLong();
  private final AtomicLong packets = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

  public Adoption(Udpif udpif, Xlate xlate) {
    this.udpif = udpif;
    this.dpif = udpif.dpif();
    this.xlate = xlate;
  }

  /** An address that a megaflow's packets came from. */
  public record Address(long usedNs, int bridge, int vlan, long mac, int ofPort) {}

  /** What should be learned before the megaflows are looked at, in this order. */
  public List<Address> addresses() {
    List<Address> all = new ArrayList<>();
    dpif.flowDump(
        (id, key, mask, actions, stats) -> {
          if (stats.packets > 0) {
            XlateOut x = translate(key);
            if (x.learns && covers(mask, x)) {
              all.add(
                  new Address(stats.usedNs, x.learnBridge, x.learnVlan, x.learnMac, x.learnOfPort));
            }
          }
        });
    all.sort(Comparator.comparingLong(Address::usedNs));
    return all;
  }

  private XlateOut translate(OdpKey key) {
    Arrays.fill(flow.words(), 0);
    System.arraycopy(key.words(), 0, flow.words(), ODP, ODP_WORDS);
    return xlate.translate(udpif.current(), flow);
  }

  /** Whether the translation looked at no bit that the megaflow does not know. */
  private static boolean covers(OdpKey mask, XlateOut x) {
    long[] looked = x.mask.words();
    for (int w = 0; w < ODP_WORDS; w++) {
      if ((looked[ODP + w] & ~mask.words()[w]) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Gives right megaflows ukeys and, where need be, other actions; notes the wrong ones. */
  public void correct(long nowNs) {
    dpif.flowDump(
        (id, key, mask, actions, stats) -> {
          if (!adopt(id, key, mask, actions, nowNs)) {
            wrong.add(id);
          }
        });
    if (corrected.get() > 0) {
      dpif.quiesce(); // nobody runs the old actions any more
    }
    FlowStats sum = udpif.creditNothingSoFar();
    packets.addAndGet(sum.packets);
    bytes.addAndGet(sum.bytes);
  }

  private boolean adopt(int id, OdpKey key, OdpKey mask, OdpActions actions, long nowNs) {
    XlateOut x = translate(key);
    if (x.learns || x.error == XlateError.NO_INPUT_PORT || !covers(mask, x)) {
      return false;
    }
    OdpActions wanted = dpif.supports(x.actions) ? x.actions : slowPath;
    boolean same = wanted.equals(actions);
    if (!same && dpif.flowModify(id, wanted) < 0) {
      return false;
    }
    (same ? kept : corrected).incrementAndGet();
    udpif.adopt(id, flow, mask, x, nowNs);
    return true;
  }

  /** Has {@link #removeWrong} remove all megaflows. */
  public void rejectAll() {
    dpif.flowDump((id, key, mask, actions, stats) -> wrong.add(id));
  }

  /** Removes the wrong ones; handlers run, and take up what comes. */
  public void removeWrong() {
    for (int from = 0; from < wrong.size(); from += BATCH) {
      List<Integer> batch = wrong.subList(from, Math.min(wrong.size(), from + BATCH));
      for (int id : batch) {
        dpif.flowUnlink(id);
      }
      dpif.quiesce();
      for (int id : batch) {
        dpif.flowStats(id, statsScratch);
        packets.addAndGet(statsScratch.packets);
        bytes.addAndGet(statsScratch.bytes);
        dpif.flowRelease(id);
        removed.incrementAndGet();
      }
    }
    wrong.clear();
  }

  @Override
  public String toString() {
    return kept + " megaflows kept, " + corrected + " corrected, " + removed + " removed";
  }

  /** Counters by name. Any thread. */
  public Map<String, Long> coverage() {
    Map<String, Long> all = new TreeMap<>();
    all.put("adopt_kept", kept.get());
    all.put("adopt_corrected", corrected.get());
    all.put("adopt_removed", removed.get());
    all.put("adopt_uncredited_packets", packets.get());
    all.put("adopt_uncredited_bytes", bytes.get());
    return all;
  }
}
