// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.beeswitch.vswitchd.config.ConfigException;
import org.beeswitch.vswitchd.control.Command;
import org.beeswitch.vswitchd.control.CommandException;

/** How the control thread has {@code main} do things. */
final class OnMain {
  private OnMain() {}

  /** Something that a command does on {@code main}. */
  interface Work {
    String run(List<String> args) throws CommandException, ConfigException;
  }

  /** A command of which all is done by {@code main}. */
  static Command command(
      Daemon daemon, String name, String usage, int minArgs, int maxArgs, Work work) {
    return new Command(name, usage, minArgs, maxArgs, args -> ask(daemon, () -> work.run(args)));
  }

  static <T> T ask(Daemon daemon, Callable<T> what) throws CommandException {
    try {
      return daemon.ask(what).get();
    } catch (RejectedExecutionException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof CommandException || cause instanceof ConfigException) {
        throw new CommandException(String.valueOf(cause.getMessage()), e);
      }
      throw new IllegalStateException(cause);
    }
  }
}
