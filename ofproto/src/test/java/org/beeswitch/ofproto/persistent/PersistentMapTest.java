// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.persistent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PersistentMapTest {
  /** A key whose hash says as little as the test wants. */
  private record Key(int id, int hash) {
    @Override
    public int hashCode() {
      return hash;
    }
  }

  @Property
  void behavesAsAHashMapAndKeepsItsVersions(@ForAll long seed) {
    Random random = new Random(seed);
    int hashes = 1 + random.nextInt(random.nextBoolean() ? 3 : 1000);
    PersistentMap<Key, Integer> map = PersistentMap.empty();
    Map<Key, Integer> model = new HashMap<>();
    List<PersistentMap<Key, Integer>> versions = new ArrayList<>();
    List<Map<Key, Integer>> models = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      versions.add(map);
      models.add(Map.copyOf(model));
      int id = random.nextInt(25);
      Key key = new Key(id, id % hashes * 0x1000193);
      if (random.nextInt(3) == 0) {
        map = map.without(key);
        model.remove(key);
      } else {
        map = map.with(key, i);
        model.put(key, i);
      }
    }
    for (int i = 0; i < versions.size(); i++) {
      PersistentMap<Key, Integer> version = versions.get(i);
      Map<Key, Integer> entries = new HashMap<>();
      version.forEach((k, v) -> assertThat(entries.put(k, v)).isNull());
      assertThat(entries).isEqualTo(models.get(i));
      assertThat(version.size()).isEqualTo(entries.size());
      assertThat(version).containsExactlyInAnyOrderElementsOf(entries.values());
      for (int id = 0; id < 25; id++) {
        Key key = new Key(id, id % hashes * 0x1000193);
        assertThat(version.get(key)).isEqualTo(entries.get(key));
        assertThat(version.containsKey(key)).isEqualTo(entries.containsKey(key));
      }
    }
  }

  @Property
  void numbersAsKeysBehaveTheSame(@ForAll long seed) {
    Random random = new Random(seed);
    PersistentLongMap<String> map = PersistentLongMap.empty();
    Map<Long, String> model = new HashMap<>();
    long[] keys = new long[60];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = i % 3 == 0 ? i : i % 3 == 1 ? (long) i << 58 : random.nextLong();
    }
    for (int i = 0; i < 100; i++) {
      long key = keys[random.nextInt(keys.length)];
      if (random.nextInt(3) == 0) {
        map = map.without(key);
        model.remove(key);
      } else {
        map = map.with(key, "v" + i);
        model.put(key, "v" + i);
      }
    }
    Map<Long, String> entries = new HashMap<>();
    map.forEach((k, v) -> assertThat(entries.put(k, v)).isNull());
    assertThat(entries).isEqualTo(model);
    assertThat(map.size()).isEqualTo(model.size());
    assertThat(map.isEmpty()).isEqualTo(model.isEmpty());
    assertThat(map).containsExactlyInAnyOrderElementsOf(model.values());
    for (long key : keys) {
      assertThat(map.get(key)).isEqualTo(model.get(key));
      assertThat(map.containsKey(key)).isEqualTo(model.containsKey(key));
    }
  }

  @Test
  void anEditThatChangesNothingReturnsTheSameMap() {
    PersistentMap<String, String> one = PersistentMap.<String, String>empty().with("a", "x");
    assertThat(one.with("a", "x")).isSameAs(one);
    assertThat(one.without("b")).isSameAs(one);
    PersistentLongMap<String> two = PersistentLongMap.<String>empty().with(1, "x");
    assertThat(two.with(1, "x")).isSameAs(two);
    assertThat(two.without(2)).isSameAs(two);
  }
}
