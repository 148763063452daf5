// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Who may use whom, as CONTRIBUTING.md's table says it. Maven keeps modules apart; this keeps
 * packages apart, and third-party libraries where they belong.
 */
class LayeringTest {
  private static final String ROOT = "org.beeswitch.";

  /** What each layer may use of ours, itself included. Nothing is inherited. */
  private static final Map<String, List<String>> MAY_USE =
      Map.of(
          "flow..", List.of("flow.."),
          "netdev..", List.of("netdev..", "flow.."),
          "openflow..", List.of("openflow..", "flow.."),
          "odp..", List.of("odp..", "dpif", "flow..", "netdev.."),
          "dpif", List.of("dpif", "odp..", "flow..", "netdev.."),
          "dpif.netdev..", List.of("dpif.netdev..", "dpif", "odp..", "flow..", "netdev.."),
          "dpif.bpf..", List.of("dpif.bpf..", "dpif", "odp..", "flow..", "netdev.."),
          "ofproto..", List.of("ofproto..", "openflow..", "dpif", "odp..", "flow..", "netdev.."),
          // The command line asks a running switch from outside: it knows no switch of its own.
          "cli..", List.of("cli..", "vswitchd..", "openflow..", "odp..", "flow.."));

  /** The packages, of ours, that may use a library; all others may not. */
  private static final Map<String, List<String>> LIBRARY_USERS =
      Map.of(
          "jnr.ffi..", List.of("netdev.sys..", "dpif.bpf.sys.."),
          "org.projectfloodlight..", List.of("openflow.loxi.."),
          "io.netty..",
              List.of("openflow..", "ofproto", "ofproto.connmgr..", "vswitchd..", "cli.."),
          "com.fasterxml.jackson..", List.of("vswitchd..", "cli.."),
          "picocli..", List.of("vswitchd..", "cli.."),
          "org.slf4j.simple..", List.of());

  /** Words of OpenFlow and of backends that a class of these packages must not be named after. */
  private static final Pattern OPENFLOW_NAME =
      Pattern.compile(".*(OpenFlow|Ofp[A-Z]|OfPort|FlowMod|PacketIn|PacketOut|Controller|Oxm).*");

  private static final Pattern DATAPATH_NAME =
      Pattern.compile(".*(Odp|Dpif|Megaflow|Ukey|Upcall|Bpf).*");

  private static JavaClasses ours;

  @BeforeAll
  static void readClasses() {
    ours =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("org.beeswitch");
  }

  @Test
  void everyModuleIsRead() {
    for (String layer : MAY_USE.keySet()) {
      if (!layer.startsWith("cli")) {
        String name = ROOT + layer.replace("..", "");
        assertThat(ours.containPackage(name)).as(name).isTrue();
      }
    }
  }

  @Test
  void layersUseOnlyWhatIsBelowThem() {
    MAY_USE.forEach(
        (layer, allowed) ->
            classes()
                .that()
                .resideInAPackage(ROOT + layer)
                .should()
                .onlyDependOnClassesThat(
                    DescribedPredicate.not(JavaClass.Predicates.resideInAPackage("org.beeswitch.."))
                        .or(JavaClass.Predicates.resideInAnyPackage(prefixed(allowed))))
                .as(layer + " uses only " + allowed)
                .allowEmptyShould(true)
                .check(ours));
  }

  @Test
  void onlyTheDaemonNamesABackend() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + "vswitchd..", ROOT + "dpif.netdev..", ROOT + "dpif.bpf..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ROOT + "dpif.netdev..", ROOT + "dpif.bpf..")
        .check(ours);
  }

  @Test
  void librariesStayWhereTheyBelong() {
    LIBRARY_USERS.forEach(
        (library, users) ->
            noClasses()
                .that(
                    DescribedPredicate.not(
                        JavaClass.Predicates.resideInAnyPackage(prefixed(users))))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .as("only " + users + " use " + library)
                .check(ours));
  }

  @Test
  void openFlowIsOneDirectionOfPackages() {
    slices().matching("org.beeswitch.openflow.(*)..").should().beFreeOfCycles().check(ours);
  }

  @Test
  void openFlowWordsStayOutOfTheDatapath() {
    assertNoNames(OPENFLOW_NAME, "dpif", "odp", "netdev");
  }

  @Test
  void datapathWordsStayOutOfOpenFlow() {
    assertNoNames(DATAPATH_NAME, "openflow");
  }

  private static void assertNoNames(Pattern forbidden, String... packages) {
    for (String name : packages) {
      assertThat(ours.stream())
          .filteredOn(c -> (c.getPackageName() + ".").startsWith(ROOT + name + "."))
          .noneMatch(c -> forbidden.matcher(c.getSimpleName()).matches());
    }
  }

  private static String[] prefixed(List<String> packages) {
    return packages.stream().map(p -> ROOT + p).toArray(String[]::new);
  }
}
