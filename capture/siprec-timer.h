// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The session timer of a dialog (RFC 4028): a client that has gone is found out when its refreshes stop.
// Times are monotonic.
#pragma once

#include "earshot/wire/sip.h"

typedef struct {
  guint expires_s;     // 0: no timer
  gboolean we_refresh; // because the client wants it so
  gint64 refreshed_us;
} EsSiprecTimer;

// Session-Expires asks for fewer seconds.
gboolean es_siprec_timer_is_too_short(const EsSipMessage *request, guint least_s);
// From an INVITE or UPDATE that is accepted. A client that knows timers gets one although it asked for none,
// and refreshes itself unless it wants us to; one that could not be refreshed by us gets none.
void es_siprec_timer_read(EsSiprecTimer *timer, const EsSipMessage *request, gint64 now_us);
// Our UPDATE was accepted.
void es_siprec_timer_refreshed(EsSiprecTimer *timer, gint64 now_us);
gboolean es_siprec_timer_client_refreshes(const EsSiprecTimer *timer);
// It is time for an UPDATE of ours.
gboolean es_siprec_timer_is_due(const EsSiprecTimer *timer, gint64 now_us);
// The client did not refresh in time.
gboolean es_siprec_timer_is_over(const EsSiprecTimer *timer, gint64 now_us);
// The value of Session-Expires as we send it; NULL without a timer. Caller frees.
char *es_siprec_timer_header(const EsSiprecTimer *timer, gboolean in_request);
