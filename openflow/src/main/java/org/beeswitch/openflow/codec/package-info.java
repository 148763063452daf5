// SPDX-License-Identifier: Apache-2.0

/** What the codecs of all versions share: framing, lengths, errors. */
@NullMarked
package org.beeswitch.openflow.codec;

import org.jspecify.annotations.NullMarked;
