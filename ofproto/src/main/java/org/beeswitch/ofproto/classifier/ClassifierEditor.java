// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.MiniMask;
import org.beeswitch.ofproto.classifier.Classifier.Rule;
import org.beeswitch.ofproto.persistent.PersistentMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link Classifier} out of another by any number of edits: a flow-mod, a bundle, a file of
 * flows. Its queries see the edits so far.
 *
 * <p>It changes in place what it has created since the last {@link #build}, and copies the rest
 * when first touched, so that a classifier that anybody else can see never changes. The order of
 * the subtables is repaired once, in {@code build}, not at each edit.
 *
 * <p>Used by one thread.
 */
public final class ClassifierEditor<R extends Rule> {
  /** Up to this many subtables, looking for their places one by one is cheapest. */
  private static final int FEW = 4;

  /** As of the last refresh, in the last build's order, new ones behind; may have empty ones. */
  private Subtable[] subtables;

  private boolean ownsSubtables;
  private PersistentMap<MiniMask, Subtable> byMask;
  private final @Nullable PrefixTrie[] tries;
  private int size;

  /**
   * Changes of a subtable's highest priority so far. The n-th gives the subtable the order n, or -n
   * if the priority went down. Subtables sorted by priority and this stand as if they had been
   * sorted, stably, after every single edit; so a batch gives what its edits one by one give.
   */
  private long moves;

  private final long hashBits;

  /** Marks what may be changed in place; a new one after each build. */
  private Object owner = new Object();

  /** Copies and new subtables that {@link #subtables} does not have yet. */
  private final List<Opened> opened = new ArrayList<>(2);

  /** Subtables that may be empty or out of order; all may be if there are more than a few. */
  private final List<Subtable> moved = new ArrayList<>(2);

  /** A subtable of this editor, and what it replaces. */
  private record Opened(@Nullable Subtable old, Subtable now) {}

  ClassifierEditor(
      Subtable[] subtables,
      PersistentMap<MiniMask, Subtable> byMask,
      @Nullable PrefixTrie[] tries,
      int size,
      long moves,
      long hashBits) {
    this.subtables = subtables;
    this.byMask = byMask;
    this.tries = tries.clone();
    this.size = size;
    this.moves = moves;
    this.hashBits = hashBits;
  }

  public int size() {
    return size;
  }

  /** Puts a rule in, in place of the one with equal match and priority, which is returned. */
  public @Nullable R put(R rule) {
    if (rule.priority() == Integer.MIN_VALUE) {
      throw new IllegalArgumentException("priority " + rule.priority() + " is reserved");
    }
    Subtable t = open(rule.match().mask());
    int max = t.maxPriority();
    R displaced = Classifier.cast(t.put(rule, tries));
    noteMove(t, max);
    if (displaced == null) {
      size++;
    }
    return displaced;
  }

  /** Puts a rule in; there must be none with equal match and priority. */
  public void insert(R rule) {
    if (find(rule.match(), rule.priority()) != null) {
      throw new IllegalStateException(
          "rule to insert with priority " + rule.priority() + " is in the classifier already");
    }
    put(rule);
  }

  /** Takes out this very rule, which must be there. */
  public void remove(R rule) {
    Match match = rule.match();
    if (find(match, rule.priority()) != rule) {
      throw new IllegalStateException(
          "rule to remove with priority " + rule.priority() + " is not in the classifier");
    }
    Subtable t = open(match.mask());
    int max = t.maxPriority();
    t.remove(rule, tries);
    noteMove(t, max);
    size--;
  }

  /** As {@link Classifier#find}. */
  public @Nullable R find(Match match, int priority) {
    Subtable t = byMask.get(match.mask());
    return t == null ? null : Classifier.cast(t.find(match, priority));
  }

  /** As {@link Classifier#findOverlap}. */
  public @Nullable R findOverlap(Match match, int priority) {
    refresh();
    return Classifier.cast(Classifier.firstOverlap(subtables, subtables.length, match, priority));
  }

  /** As {@link Classifier#forEachWithin}. The visitor must not edit. */
  public void forEachWithin(Match wider, Consumer<? super R> visitor) {
    refresh();
    Classifier.visitWithin(subtables, subtables.length, wider, visitor);
  }

  /** The classifier with all edits so far. The editor can be used further. */
  public Classifier<R> build() {
    refresh();
    if (moved.size() > FEW) {
      sort();
    } else if (!moved.isEmpty()) {
      move();
    }
    moved.clear();
    ownsSubtables = false;
    owner = new Object();
    return new Classifier<>(subtables, byMask, tries.clone(), size, moves, hashBits);
  }

  private void noteMove(Subtable t, int oldMaxPriority) {
    if (t.maxPriority() != oldMaxPriority) {
      moves++;
      t.setOrder(t.maxPriority() > oldMaxPriority ? moves : -moves);
      if (moved.size() <= FEW && !moved.contains(t)) {
        moved.add(t);
      }
    }
  }

  private static int compare(Subtable a, Subtable b) {
    int byPriority = Integer.compare(b.maxPriority(), a.maxPriority());
    return byPriority != 0 ? byPriority : Long.compare(a.order(), b.order());
  }

  /** The subtable of a mask, made if need be, changeable. */
  private Subtable open(MiniMask mask) {
    Subtable old = byMask.get(mask);
    if (old != null && old.owner == owner) {
      return old;
    }
    Subtable now =
        old == null ? new Subtable(new Shape(mask, hashBits), owner) : new Subtable(old, owner);
    byMask = byMask.with(mask, now);
    opened.add(new Opened(old, now));
    return now;
  }

  /** Brings the array up to the opened subtables. */
  private void refresh() {
    if (opened.isEmpty()) {
      return;
    }
    int added = 0;
    for (Opened o : opened) {
      if (o.old == null) {
        added++;
      }
    }
    int n = subtables.length;
    if (added > 0 || !ownsSubtables) {
      subtables = Arrays.copyOf(subtables, n + added);
      ownsSubtables = true;
    }
    Map<Subtable, Integer> places = opened.size() > FEW ? new IdentityHashMap<>() : null;
    if (places != null) {
      for (int i = 0; i < n; i++) {
        places.put(subtables[i], i);
      }
    }
    for (Opened o : opened) {
      if (o.old == null) {
        subtables[n++] = o.now;
      } else if (places != null) {
        subtables[place(places.get(o.old))] = o.now;
      } else {
        int i = 0;
        while (subtables[i] != o.old) {
          i++;
        }
        subtables[i] = o.now;
      }
    }
    opened.clear();
  }

  private static int place(@Nullable Integer found) {
    if (found == null) {
      throw new IllegalStateException("subtable has no place in its classifier");
    }
    return found;
  }

  /** Removes empty subtables and sorts the others. */
  private void sort() {
    int n = 0;
    for (Subtable t : subtables) {
      if (t.entry() == null) {
        byMask = byMask.without(t.shape.mask);
      } else {
        subtables[n++] = t;
      }
    }
    truncate(n);
    Arrays.sort(subtables, ClassifierEditor::compare);
  }

  /** The same, if only the subtables in {@link #moved} can be empty or out of order. */
  private void move() {
    int n = subtables.length;
    for (Subtable t : moved) {
      int i = 0;
      while (subtables[i] != t) {
        i++;
      }
      n--;
      System.arraycopy(subtables, i + 1, subtables, i, n - i);
    }
    for (Subtable t : moved) {
      if (t.entry() == null) {
        byMask = byMask.without(t.shape.mask);
      } else {
        int i = -1 - Arrays.binarySearch(subtables, 0, n, t, ClassifierEditor::compare);
        System.arraycopy(subtables, i, subtables, i + 1, n - i);
        subtables[i] = t;
        n++;
      }
    }
    truncate(n);
  }

  private void truncate(int n) {
    if (n < subtables.length) {
      subtables = Arrays.copyOf(subtables, n);
    }
  }
}
