// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The border between two recorders that see the same packets while one takes the place of the other
// (docs/decisions/0072). The older one says at one point of its packets what it holds: Call-IDs, and where
// the voices of its calls come from or go to. These are its own until they have been silent for a while, all
// else is the newer one's, and both ask the same question of the same list, so that nothing is recorded twice
// or by nobody.
#pragma once

#include "earshot/common/address.h"
#include "earshot/common/clock.h"

// What one recorder holds.
typedef struct EsHoldings EsHoldings;

EsHoldings *es_holdings_new(void);
void es_holdings_free(EsHoldings *holdings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsHoldings, es_holdings_free)
void es_holdings_add_call(EsHoldings *holdings, const char *call_id);
// Somebody speaks or listens there.
void es_holdings_add_address(EsHoldings *holdings, const EsAddress *address, gint64 now_us);
// A voice whose signalling nobody saw, in either direction.
void es_holdings_add_way(EsHoldings *holdings, const EsAddress *from, const EsAddress *to, gint64 now_us);
// As lines for the other recorder; returns how many. And back from one without its line feed: FALSE for a
// line that is none, or one too many.
guint es_holdings_write(const EsHoldings *holdings, GString *lines);
gboolean es_holdings_read(EsHoldings *holdings, const char *line, gint64 now_us);

typedef struct EsBorder EsBorder;

EsBorder *es_border_new(void);
void es_border_free(EsBorder *border);
// The newer one: what this recorder holds is its own until it is done, or gone.
void es_border_add_other(EsBorder *border, int other, EsHoldings *holdings);
// It has ended what it held: its Call-IDs are free when late copies of its messages cannot come any more.
void es_border_other_done(EsBorder *border, int other, gint64 now_us);
void es_border_other_gone(EsBorder *border, int other);
// The older one: from now on it keeps to these; NULL: everything is its own again.
void es_border_keep_to(EsBorder *border, EsHoldings *own);
// What it keeps to; NULL if everything is its own.
const EsHoldings *es_border_own(const EsBorder *border);

// Whether others record the call, and the voice of which no call is known.
gboolean es_border_leaves_call(const EsBorder *border, const char *call_id);
gboolean es_border_leaves_voice(EsBorder *border, const EsAddress *from, const EsAddress *to, gint64 now_us);
// Once in a while of the capture's clock.
void es_border_sweep(EsBorder *border, gint64 now_us);
void es_border_clock_set(EsBorder *border, gint64 by_us);
