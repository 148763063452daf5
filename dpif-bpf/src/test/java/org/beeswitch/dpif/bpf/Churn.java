// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.odp.OdpActionKind;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;

/**
 * A process that takes over the datapath of its rundir, or makes one, and then puts, modifies and
 * deletes flows as fast as it can, until it is killed. Each flow has a number, which says all of it
 * but which of a few lists of actions it has.
 */
final class Churn {
  static final String READY = "churning";

  /** Numbers of flows. */
  private static final int NUMBERS = 4_000;

  /** Words of the masks that flows have, by number: slots and tables of each size. */
  private static final int[] WORDS = {2, 5, 12, 30};

  private static final int LISTS = 4;

  /** Unlinked flows that are released together. */
  private static final int BATCH = 20;

  private final BpfDpif dpif;
  private final Random random;
  private final Map<Integer, Integer> ids = new HashMap<>();
  private final List<Integer> unlinked = new ArrayList<>();
  private final OdpKey key = new OdpKey();
  private final OdpKey mask = new OdpKey();
  private final OdpActions list = new OdpActions();

  Churn(BpfDpif dpif, Random random) {
    this.dpif = dpif;
    this.random = random;
    dpif.flowDump((id, k, m, actions, stats) -> ids.put(check(k, m, actions), id));
  }

  /**
   * @param args rundir, seed
   */
  public static void main(String[] args) throws Exception {
    BpfDpif dpif = BpfDpif.open(Path.of(args[0]));
    dpif.setHandlers(1);
    dpif.setExecutors(1);
    dpif.portAdd("s0", PortKind.SYSTEM);
    dpif.portAdd("br0", PortKind.INTERNAL);
    Churn c = new Churn(dpif, new Random(Long.parseLong(args[1])));
    System.out.println(READY);
    System.out.flush();
    while (true) {
      c.change();
    }
  }

  /** Flows in force, by number. */
  int size() {
    return ids.size();
  }

  /** Makes one change. */
  void change() {
    int n = random.nextInt(NUMBERS);
    Integer id = ids.get(n);
    set(n);
    if (id == null) {
      int put = dpif.flowPut(key, mask, list);
      assertThat(put).as("flow %s", n).isPositive();
      ids.put(n, put);
    } else if (random.nextInt(3) > 0) {
      assertThat(dpif.flowModify(id, list)).isZero();
    } else {
      assertThat(dpif.flowPut(key, mask, list)).isEqualTo(-17); // EEXIST
      assertThat(dpif.flowUnlink(id)).isZero();
      unlinked.add(ids.remove(n));
    }
    if (unlinked.size() == BATCH) {
      dpif.quiesce();
      unlinked.forEach(dpif::flowRelease);
      unlinked.clear();
    }
  }

  private void set(int n) {
    key.clear();
    mask.clear();
    for (int w = 0; w < WORDS[n % WORDS.length]; w++) {
      key.words()[w] = w * 1_000_000L + n;
      mask.words()[w] = -1L;
    }
    list.clear();
    for (int i = random.nextInt(LISTS); i >= 0; i--) {
      list.output(1 + n % 2);
    }
  }

  /** The number of a flow, of which all is as this class makes it. */
  private int check(OdpKey k, OdpKey m, OdpActions actions) {
    int n = (int) k.words()[0];
    set(n);
    for (int w = 0; w < FlowLayout.ODP_WORDS; w++) {
      assertThat(k.words()[w]).as("word %s of flow %s", w, n).isEqualTo(key.words()[w]);
      assertThat(m.words()[w]).as("mask %s of flow %s", w, n).isEqualTo(mask.words()[w]);
    }
    assertThat(actions.size()).isBetween(1, LISTS);
    for (int i = 0; i < actions.size(); i++) {
      assertThat(actions.kind(i)).isEqualTo(OdpActionKind.OUTPUT);
      assertThat(actions.arg(i)).isEqualTo(1 + n % 2);
    }
    return n;
  }
}
