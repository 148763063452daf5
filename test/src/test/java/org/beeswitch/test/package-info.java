// SPDX-License-Identifier: Apache-2.0

/** The whole switch: transcripts, namespaces, real tools and controllers, layering. */
@NullMarked
package org.beeswitch.test;

import org.jspecify.annotations.NullMarked;
