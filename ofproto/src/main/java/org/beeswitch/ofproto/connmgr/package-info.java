// SPDX-License-Identifier: Apache-2.0

/** The controllers of a bridge: roles, asynchronous messages, fail modes. */
@NullMarked
package org.beeswitch.ofproto.connmgr;

import org.jspecify.annotations.NullMarked;
