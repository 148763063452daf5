// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.bench;

import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.Layers;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What it costs a handler to read a packet; with {@code -prof gc}, that it allocates nothing. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FlowParserBench {
  private static final String ETHERNET = "020000000002" + "020000000001";
  private static final String TCP = "1f90d431" + "00000001" + "00000000" + "5002ffff00000000";

  private final byte[] tcp4 =
      HexFormat.of()
          .parseHex(
              ETHERNET + "0800" + "4500002800004000" + "40060000" + "0a000001" + "0a000002" + TCP);

  private final byte[] tcp6 =
      HexFormat.of()
          .parseHex(
              ETHERNET
                  + "86dd"
                  + "6000000000140640"
                  + "20010db8000000000000000000000001"
                  + "20010db8000000000000000000000002"
                  + TCP);

  private final Flow flow = new Flow();
  private final Layers layers = new Layers();

  @Benchmark
  public Flow tcpOverIpv4() {
    FlowParser.parse(tcp4, 0, tcp4.length, flow, layers);
    return flow;
  }

  @Benchmark
  public Flow tcpOverIpv6() {
    FlowParser.parse(tcp6, 0, tcp6.length, flow, layers);
    return flow;
  }
}
