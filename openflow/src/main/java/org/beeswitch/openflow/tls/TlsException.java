// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.tls;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What is wrong with the files of a key, a certificate or certification authorities. */
public final class TlsException extends IOException {
  private static final long serialVersionUID = 1;

  TlsException(String what, @Nullable Throwable cause) {
    super(what, cause);
  }
}
