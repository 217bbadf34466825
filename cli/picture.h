// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A call's time line drawn with characters: a row for each leg (speech, silence, missing audio), rows for
// talk-over, dead air and hold where there are any, a time scale below.
#pragma once

#include "reply.h"
#include "screen.h"

// call: the reply of call.show. Empty for a call without audio. Caller frees.
char *es_picture_draw(JsonObject *call, const EsScreen *screen);
// The same for a screen that plays it: a bar below that tells the position, and no legend. marks FALSE: that
// bar alone.
char *es_picture_draw_at(JsonObject *call, gint64 position_ms, gboolean marks, const EsScreen *screen);

// Stretches of hold in file time, from the events hold and resume; of EsInterval.
// Caller unrefs.
GArray *es_picture_hold(JsonObject *call);

// "customer", or "leg 2" when the role is not known. Caller frees.
char *es_picture_leg_name(JsonObject *call, guint leg);
