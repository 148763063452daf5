// SPDX-License-Identifier: Apache-2.0

/** The daemon under controllers: real ones, and ones that a test speaks for. */
@NullMarked
package org.beeswitch.test.controllers;

import org.jspecify.annotations.NullMarked;
