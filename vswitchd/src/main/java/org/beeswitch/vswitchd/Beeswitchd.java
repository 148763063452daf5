// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.vswitchd.config.BridgeConfig;
import org.beeswitch.vswitchd.config.ConfigException;
import org.beeswitch.vswitchd.config.ConfigFile;
import org.beeswitch.vswitchd.config.Configuration;
import org.beeswitch.vswitchd.control.Command;
import org.beeswitch.vswitchd.control.CommandException;
import org.beeswitch.vswitchd.control.ControlServer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * {@code beeswitchd}: reads the command line, claims the rundir, opens the datapath, and runs a
 * {@link Daemon} on the thread {@code main} until it is told to end.
 *
 * <h2>How it ends</h2>
 *
 * A signal starts the JVM's shutdown, whose hook asks {@code main} to end and waits until it has
 * cleaned up; {@code exit} on the control socket asks the same. Status 0 then. What stands in the
 * way of a start is one line on stderr and status 1, with everything undone that had been done, but
 * a datapath that was found forwarding is left so. A bug ends the process with status 70 and a
 * stack trace, and leaves the kernel's datapath alone.
 */
public final class Beeswitchd {
  private static final Path DEFAULT_RUNDIR = Path.of("/var/run/beeswitch");
  private static final int BUG = 70;

  /** What {@code --restore-wait} is by default, in seconds. */
  private static final int RESTORE_WAIT_S = 10;

  private final Options options;

  /** Set by whoever wants an end, before a wake-up of main. */
  private volatile boolean ending;

  private volatile boolean keep;
  private volatile Runnable wakeMain = () -> {};
  private volatile int status;
  private final CountDownLatch ended = new CountDownLatch(1);

  private Beeswitchd(Options options) {
    this.options = options;
  }

  public static void main(String[] args) {
    System.exit(start(args));
  }

  private static int start(String[] args) {
    Options options = new Options();
    CommandLine commandLine = new CommandLine(options);
    commandLine.getCommandSpec().version("beeswitchd " + Version.TEXT);
    // A method per option is called for each occurrence, which picocli would warn of.
    commandLine.setOverwrittenOptionsAllowed(true);
    CommandLine.tracer().setLevel(CommandLine.TraceLevel.OFF);
    try {
      commandLine.parseArgs(args);
    } catch (ParameterException e) {
      return fail(e.getMessage() + " (beeswitchd --help lists the options)");
    }
    if (CommandLine.printHelpIfRequested(commandLine.getParseResult())) {
      return 0;
    }
    configureLogging(options.verbose);
    return new Beeswitchd(options).runAndClean();
  }

  /** One line, whatever control characters were in what somebody has written. */
  private static int fail(@Nullable String message) {
    System.err.println("beeswitchd: " + String.valueOf(message).replaceAll("\\p{Cntrl}", "?"));
    return 1;
  }

  /** Before the first logger is made. What the command line of the JVM says goes first. */
  private static void configureLogging(boolean verbose) {
    String prefix = "org.slf4j.simpleLogger.";
    setDefault(prefix + "defaultLogLevel", verbose ? "debug" : "info");
    setDefault(prefix + "log.io.netty", "error");
    setDefault(prefix + "showDateTime", "true");
    setDefault(prefix + "dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
    setDefault(prefix + "showShortLogName", "true");
    setDefault(prefix + "logFile", "System.err");
  }

  private static void setDefault(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  private static Configuration wanted(Options options, Configuration fromFile)
      throws ConfigException {
    Configuration c = fromFile.withTls(options.tls.over(fromFile.tls()));
    for (Options.BridgeOptions o : options.bridges) {
      BridgeConfig b = c.bridge(o.name);
      try {
        c = c.with(o.over(b == null ? BridgeConfig.of(o.name) : b));
      } catch (IllegalArgumentException e) {
        throw new ConfigException(String.valueOf(e.getMessage()), e);
      }
    }
    return c;
  }

  private int runAndClean() {
    try {
      run();
    } catch (ConfigException e) {
      status = fail(e.getMessage());
    } finally {
      ended.countDown();
    }
    return status;
  }

  private void run() throws ConfigException {
    ConfigFile file =
        options.conf == null
            ? new ConfigFile(null, null, null, Configuration.EMPTY)
            : ConfigFile.read(options.conf);
    Configuration wanted = wanted(options, file.configuration());
    Path where = first(options.rundir, file.rundir(), DEFAULT_RUNDIR).toAbsolutePath();
    DatapathType type =
        options.datapath != null
            ? options.datapath
            : file.datapath() != null ? DatapathType.parse(file.datapath()) : DatapathType.BPF;
    Integer given = options.restoreWaitS != null ? options.restoreWaitS : file.restoreWaitS();
    int restoreWaitS = given != null ? given : RESTORE_WAIT_S;
    try (Rundir rundir = Rundir.claim(where)) {
      Dpif dpif;
      try {
        dpif = type.open(rundir.path());
      } catch (DpifException e) {
        throw new ConfigException(String.valueOf(e.getMessage()), e);
      }
      Daemon daemon = Daemon.create(rundir.path(), dpif);
      ControlServer control = openControl(rundir.path(), daemon);
      wakeMain = daemon::wake;
      Thread hook = new Thread(this::endBySignal, "shutdown");
      Runtime.getRuntime().addShutdownHook(hook);
      try {
        daemon.apply(wanted, System.nanoTime());
        daemon.startForwarding(restoreWaitS, System.nanoTime());
        control.start();
        System.out.println("beeswitchd ready");
        System.out.flush();
        while (!ending) {
          if (daemon.doWork(System.nanoTime()) == 0 && !ending) {
            daemon.await();
          }
        }
      } catch (ConfigException e) {
        keep |=
            daemon.isRestoring(); // what went on forwarding without us does not end by our error
        throw e;
      } catch (RuntimeException | Error e) {
        e.printStackTrace();
        System.err.println("beeswitchd: a bug ends the daemon");
        Runtime.getRuntime().halt(BUG);
      } finally {
        daemon.refuseRequests();
        control.stop();
        daemon.close(keep);
      }
    }
  }

  private static Path first(@Nullable Path a, @Nullable Path b, Path c) {
    return a != null ? a : b != null ? b : c;
  }

  private ControlServer openControl(Path rundir, Daemon daemon) throws ConfigException {
    Path socket = rundir.resolve("beeswitchd." + ProcessHandle.current().pid() + ".ctl");
    ControlServer server;
    try {
      server = ControlServer.open(socket);
    } catch (IOException e) {
      daemon.close(daemon.isRestoring());
      throw new ConfigException("control socket " + socket + ": " + e.getMessage(), e);
    }
    new BridgeCommands(daemon).all().forEach(server::add);
    new DatapathCommands(daemon).all().forEach(server::add);
    server.add(new TraceCommand(daemon).command());
    server.add(
        new Command("version", "", 0, 0, args -> "beeswitchd (Beeswitch) " + Version.TEXT + "\n"));
    server.add(new Command("exit", "[--keep]", 0, 1, this::exit));
    return server;
  }

  private String exit(List<String> args) throws CommandException {
    if (!args.isEmpty() && !args.get(0).equals("--keep") && !args.get(0).equals("--cleanup")) {
      throw new CommandException(args.get(0) + ": unknown option; there is --keep");
    }
    end(args.contains("--keep"));
    return "";
  }

  /** On the JVM's shutdown thread: a signal came, or main has called exit itself. */
  private void endBySignal() {
    end(false);
    boolean waiting = true;
    while (waiting) {
      try {
        ended.await();
        waiting = false;
      } catch (InterruptedException e) {
        // Nobody has a reason to: go on waiting, for what is left undone here stays in the kernel.
      }
    }
    // An end that was asked for is a success, whatever the JVM makes of the signal.
    Runtime.getRuntime().halt(status);
  }

  /** Asks main to end. Any thread. */
  private void end(boolean keepDatapath) {
    keep |= keepDatapath;
    ending = true;
    wakeMain.run();
  }
}
