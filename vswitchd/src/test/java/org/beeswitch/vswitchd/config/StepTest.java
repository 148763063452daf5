// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.beeswitch.openflow.channel.Target;
import org.junit.jupiter.api.Test;

class StepTest {
  private static final PortConfig P1 = new PortConfig("p1", 1, null);
  private static final PortConfig P2 = new PortConfig("p2", null, null);
  private static final ControllerConfig C = ControllerConfig.of(Target.parse("tcp:127.0.0.1"));

  private static Configuration of(BridgeConfig... bridges) {
    return new Configuration(List.of(bridges), null);
  }

  private static BridgeConfig br(String name, PortConfig... ports) {
    return BridgeConfig.of(name).withPorts(List.of(ports));
  }

  @Test
  void nothingLeadsFromAConfigurationToItself() {
    Configuration c = of(br("br0", P1, P2).withControllers(List.of(C)), br("br1"));
    assertThat(Step.between(c, c)).isEmpty();
  }

  @Test
  void numberedPortsComeBeforeThoseThatTakeWhatIsLeft() {
    BridgeConfig b = br("br0", P2, P1).withControllers(List.of(C)).withFlows(Path.of("f"));
    assertThat(Step.between(Configuration.EMPTY, of(b)))
        .containsExactly(
            new Step.AddBridge(b),
            new Step.AddPort("br0", P1),
            new Step.AddPort("br0", P2),
            new Step.LoadFlows(b),
            new Step.SetControllers("br0", List.of(C)));
  }

  @Test
  void aPortThatMovesIsDeletedFirst() {
    assertThat(Step.between(of(br("br0", P1), br("br1")), of(br("br0"), br("br1", P1))))
        .containsExactly(new Step.DeletePort("br0", "p1"), new Step.AddPort("br1", P1));
  }

  @Test
  void aPortWithAnotherNumberIsMadeAnew() {
    PortConfig other = new PortConfig("p1", 5, null);
    assertThat(Step.between(of(br("br0", P1)), of(br("br0", other))))
        .containsExactly(new Step.DeletePort("br0", "p1"), new Step.AddPort("br0", other));
  }

  @Test
  void whatIsAlikeIsNotTouched() {
    assertThat(Step.between(of(br("br0", P1)), of(br("br0", P1, P2))))
        .containsExactly(new Step.AddPort("br0", P2));
    assertThat(Step.between(of(br("br0", P1)), of(br("br0", P1).withFailMode(FailMode.SECURE))))
        .containsExactly(new Step.SetFailMode("br0", FailMode.SECURE));
  }

  @Test
  void anotherDatapathIdMakesTheBridgeAnew() {
    BridgeConfig next = br("br0", P1).withDpid(7L);
    assertThat(Step.between(of(br("br0", P1)), of(next)))
        .containsExactly(
            new Step.DeleteBridge("br0"), new Step.AddBridge(next), new Step.AddPort("br0", P1));
  }

  @Test
  void aBridgeThatIsGoneTakesItsPortsWithIt() {
    assertThat(Step.between(of(br("br0", P1, P2)), Configuration.EMPTY))
        .containsExactly(new Step.DeleteBridge("br0"));
  }

  @Test
  void namesAreThereOnce() {
    assertThatThrownBy(() -> of(br("br0", P1), br("br1", P1)))
        .hasMessage("port p1 is wanted in bridge br1 and is one of br0");
    assertThatThrownBy(() -> of(br("br0"), br("br0"))).hasMessage("there are two bridges br0");
    assertThatThrownBy(() -> of(br("br0", new PortConfig("br1", null, null)), br("br1")))
        .hasMessageContaining("has the name of a bridge");
  }
}
