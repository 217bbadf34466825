// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The TCP and TLS connections that clients opened. Those that no recording session uses are ended when the
// client closed its side, when nothing came for a minute, or when they are too many. For want of descriptors
// half of them are.
#pragma once

#include <glib.h>

// ports: those we listen at, as a set of GUINT_TO_POINTER; used: the set of clients' EsAddress that sessions
// use; most: how many others there may be; fewer: half of them go. sofia-sip's thread alone may call it.
void es_siprec_connections_sweep(GHashTable *ports, GHashTable *used, guint most, gboolean fewer);
