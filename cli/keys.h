// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a terminal sends when keys are pressed: characters as themselves, the others as the values below.
#pragma once

#include <glib.h>

enum {
  ES_KEY_FIRST = 0x110000, // above every character
  ES_KEY_UP,
  ES_KEY_DOWN,
  ES_KEY_LEFT,
  ES_KEY_RIGHT,
  ES_KEY_HOME,
  ES_KEY_END,
  ES_KEY_PAGE_UP,
  ES_KEY_PAGE_DOWN,
  ES_KEY_DELETE,
  ES_KEY_ENTER,
  ES_KEY_TAB,
  ES_KEY_ESCAPE,
  ES_KEY_BACKSPACE,
  ES_KEY_INTERRUPT, // Ctrl-C
  ES_KEY_SUSPEND,   // Ctrl-Z
  ES_KEY_REDRAW,    // Ctrl-L
  ES_KEY_RUB_WORD,  // Ctrl-W
  ES_KEY_RUB_LINE,  // Ctrl-U
  ES_KEY_PASTE,     // what follows is pasted, not typed
  ES_KEY_PASTED,    // until here
  ES_KEY_UNKNOWN,   // something that means nothing here
};

// The first key of some bytes; gives how many of them it took, 0 when it is not complete yet. complete:
// nothing more follows, so that an escape is the key of that name.
gsize es_keys_decode(const guint8 *bytes, gsize n, gboolean complete, gunichar *key);

// The character that the same physical key gives with a Latin layout: of the letters of the Arabic one (101),
// and of Arabic digits. Others stay as they are.
gunichar es_key_latin(gunichar key);
