// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The terminal as a whole screen: keys one by one, rows drawn where they changed. Whatever ends the program
// or stops it for a while (signals, Ctrl-Z, a failed assertion) leaves the terminal as it was found; nothing
// can after SIGKILL. One at a time, one thread; why rows and not a library of windows: docs/decisions/0034.
#pragma once

#include "keys.h"

// Whether standard input and output are a terminal that can be drawn on (TERM is not dumb).
gboolean es_tty_is_able(void);

// Takes the terminal over. Errors: ES_ERROR_IO.
gboolean es_tty_begin(GError **error);
void es_tty_end(void);

void es_tty_size(int *columns, int *rows);

// The rows of the screen from the top (of char *, at most its height), the cursor shown at a cell from 0 or
// hidden when cursor_row is -1. Only what differs from the last time is written.
void es_tty_draw(const GPtrArray *rows, int cursor_row, int cursor_column);
// What is shown may not be what was drawn: the next drawing writes everything.
void es_tty_forget(void);
// Keys or signals are waiting already: what would be drawn now would be seen by nobody.
gboolean es_tty_is_behind(void);

typedef enum {
  ES_TTY_KEY,     // *key
  ES_TTY_RESIZED, // or shown again: everything is to be drawn
  ES_TTY_TIME,    // the time is over, or fd can be read
  ES_TTY_ENDED,   // the terminal is gone, or a signal asks to end
} EsTtyEvent;
// fd: another descriptor to wait for, -1 for none. Ctrl-Z and Ctrl-L are dealt with here.
EsTtyEvent es_tty_wait(int timeout_ms, int fd, gunichar *key);
