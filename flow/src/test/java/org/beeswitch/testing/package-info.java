// SPDX-License-Identifier: Apache-2.0

/** What the tests of every module share: one seed, one list of results. No test is in here. */
@NullMarked
package org.beeswitch.testing;

import org.jspecify.annotations.NullMarked;
