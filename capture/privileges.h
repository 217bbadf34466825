// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Listening needs rights that recording does not. They are given up as soon as the interface is open, before
// the first packet of a stranger is read.
#pragma once

#include <glib.h>

// root becomes the owner of the library; where that is root too, and for whom the program has capabilities,
// the capabilities go, of all threads. Nothing that is run later gets any back. Takes the signal SIGRTMIN.
gboolean es_privileges_drop(const char *library, GError **error);
