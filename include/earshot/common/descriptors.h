// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Descriptors that are held back for what must not fail. A live recorder holds some open, so whoever can do
// without one (an encoder, whose call goes on in the journal; a connection) finds none while the journal,
// the index and finished files still do. Those lend one of the ones that are held, and what they close takes
// its place again. So the system as a whole may be out of files, too (ENFILE).
//
// How many are in use is not counted: calls that end leave holes, and the lowest that is free says nothing.
//
// Threads: any.
#pragma once

#include <glib.h>
#include <sys/types.h>

// So many from now on, as far as there are any, but no large part of what is allowed; 0: none any more.
void es_descriptors_hold(guint n);
// Looks whether all are there and some are free beside them; takes back what was lent. Call it now and then.
gboolean es_descriptors_are_short(void);
// Whether so many are free beside those that are held.
gboolean es_descriptors_have(guint n);

// Just after something failed: TRUE if that was for want of a descriptor (errno) and one was lent, so that it
// should be tried again. Leaves errno as it is.
gboolean es_descriptors_lend(void);
// Lends until so many are free: before a library opens something and does not say why it could not, or before
// several are needed at once.
void es_descriptors_make_room(guint n);
// Like open(2) and close(2).
int es_descriptors_open(const char *path, int flags, mode_t mode);
int es_descriptors_close(int fd);

// The first of ours for which visit gives TRUE; -1 for none.
int es_descriptors_find(gboolean (*visit)(int fd, gpointer data), gpointer data);
