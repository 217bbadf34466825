// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>

// pread() that goes on until length bytes are read or the file ends; how many that were, -1 with errno. Any
// thread.
gssize es_read_at(int fd, gpointer bytes, gsize length, guint64 offset);
