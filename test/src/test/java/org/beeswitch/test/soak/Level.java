// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.beeswitch.netdev.testing.TestNetns;

/**
 * What a daemon holds, as the machine sees it, after a garbage collection: what must not grow.
 *
 * @param rssKb resident memory
 * @param heapKb Java objects that are in use
 * @param fds file descriptors
 * @param threads threads
 * @param maps BPF maps: by descriptors, and those that maps of maps hold
 * @param programs BPF programs by descriptors
 * @param links BPF links by descriptors: one for each device that a program is attached to
 * @param netlink rtnetlink sockets
 */
record Level(
    long rssKb, long heapKb, int fds, int threads, int maps, int programs, int links, int netlink) {
  private static final Pattern USED = Pattern.compile("generation +total \\d+K, used (\\d+)K");
  private static final Pattern VALUE =
      Pattern.compile("value: (\\w\\w) (\\w\\w) (\\w\\w) (\\w\\w)");
  private static final Pattern FOUND = Pattern.compile("Found (\\d+) element");
  private static final int ARRAY_OF_MAPS = 12;

  /** In the place of a type: a map that is in a map of maps. */
  private static final int INNER = -1;

  static Level of(long pid) throws IOException {
    // The first looses what the second and its finalizers can then collect.
    jcmd(pid, "GC.run");
    jcmd(pid, "GC.run");
    long heap = 0;
    Matcher used = USED.matcher(jcmd(pid, "GC.heap_info"));
    while (used.find()) {
      heap += Long.parseLong(used.group(1));
    }
    Bpf bpf = Bpf.of(pid);
    return new Level(
        status(pid, "VmRSS"),
        heap,
        fds(pid).size(),
        (int) status(pid, "Threads"),
        bpf.maps().size(),
        bpf.programs().size(),
        bpf.links().size(),
        netlink(pid));
  }

  /** Ids of BPF objects that the daemon holds, and the maps of maps among them. */
  record Bpf(Map<Integer, Integer> maps, Set<Integer> programs, Set<Integer> links) {
    /** Types by map id. */
    static Bpf of(long pid) throws IOException {
      Map<Integer, Integer> maps = new HashMap<>();
      Set<Integer> programs = new HashSet<>();
      Set<Integer> links = new HashSet<>();
      for (Path p : list(Path.of("/proc/" + pid + "/fdinfo"))) {
        Map<String, String> info = new HashMap<>();
        for (String line : lines(p)) {
          String[] words = line.split(":?\\s+", 2);
          info.put(words[0], words.length > 1 ? words[1].strip() : "");
        }
        if (info.containsKey("link_id")) {
          links.add(number(info, "link_id"));
        } else if (info.containsKey("map_id")) {
          maps.put(number(info, "map_id"), number(info, "map_type"));
        } else if (info.containsKey("prog_id")) {
          programs.add(number(info, "prog_id"));
        }
      }
      for (Map.Entry<Integer, Integer> m : List.copyOf(maps.entrySet())) {
        if (m.getValue() == ARRAY_OF_MAPS) {
          inner(m.getKey()).forEach(id -> maps.put(id, INNER));
        }
      }
      return new Bpf(maps, programs, links);
    }

    private static int number(Map<String, String> info, String name) {
      return Integer.parseInt(info.getOrDefault(name, "0"));
    }

    /** The maps that a map of maps holds: their ids are its values, in the machine's order. */
    private static Set<Integer> inner(int map) {
      Set<Integer> ids = new HashSet<>();
      Matcher m = VALUE.matcher(TestNetns.run("bpftool", "map", "dump", "id", text(map)));
      while (m.find()) {
        ids.add(Integer.parseInt(m.group(4) + m.group(3) + m.group(2) + m.group(1), 16));
      }
      return ids;
    }

    /**
     * Elements of all hash maps that are in maps of maps: the megaflows, as the kernel has them.
     */
    int records() {
      int n = 0;
      for (Map.Entry<Integer, Integer> m : maps.entrySet()) {
        String id = text(m.getKey());
        if (m.getValue() == INNER
            && TestNetns.run("bpftool", "map", "show", "id", id).contains(" hash ")) {
          Matcher found = FOUND.matcher(TestNetns.run("bpftool", "map", "dump", "id", id));
          n += found.find() ? Integer.parseInt(found.group(1)) : 0;
        }
      }
      return n;
    }

    private static String text(int id) {
      return Integer.toString(id);
    }

    /** Which of these objects the kernel still has. */
    List<String> alive() {
      List<String> all = new ArrayList<>();
      maps.keySet().forEach(id -> addIfAlive(all, "map", id));
      programs.forEach(id -> addIfAlive(all, "prog", id));
      links.forEach(id -> addIfAlive(all, "link", id));
      return all;
    }

    private static void addIfAlive(List<String> all, String kind, int id) {
      try {
        all.add(TestNetns.run("bpftool", kind, "show", "id", text(id)));
      } catch (IllegalStateException e) {
        // It is gone, as it should.
      }
    }
  }

  private static String jcmd(long pid, String command) {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    return TestNetns.run(jcmd, Long.toString(pid), command);
  }

  private static long status(long pid, String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith(name + ":")) {
        return Long.parseLong(line.replaceAll("\\D+", ""));
      }
    }
    throw new IllegalStateException("no " + name + " of process " + pid);
  }

  private static List<Path> list(Path dir) throws IOException {
    try (Stream<Path> s = Files.list(dir)) {
      return s.toList();
    }
  }

  /** None if the descriptor has been closed since it was listed. */
  private static List<String> lines(Path p) {
    try {
      return Files.readAllLines(p);
    } catch (IOException e) {
      return List.of();
    }
  }

  private static List<String> fds(long pid) throws IOException {
    return list(Path.of("/proc/" + pid + "/fd")).stream()
        .map(
            p -> {
              try {
                return Files.readSymbolicLink(p).toString();
              } catch (IOException e) {
                return "closed";
              }
            })
        .toList();
  }

  private static int netlink(long pid) throws IOException {
    Set<String> inodes = new HashSet<>();
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/net/netlink"))) {
      String[] words = line.strip().split("\\s+");
      inodes.add("socket:[" + words[words.length - 1] + "]");
    }
    return (int) fds(pid).stream().filter(inodes::contains).count();
  }
}
