// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.io.InputStream;
import java.io.PrintStream;

/** Where a command reads and prints: the process's own streams, or a test's. */
record Stdio(InputStream in, PrintStream out, PrintStream err) {}
