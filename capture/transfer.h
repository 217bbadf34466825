// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Transfers between calls: a REFER inside a call, what becomes of it, and the call that it leads to.
//
// A REFER that was not refused is remembered for two minutes of the capture's clock. A new call belongs to it
// if its Replaces names the dialog that the REFER named; or it goes to the REFER's target and its Referred-By
// is who sent the REFER; or it goes to the target, from who was asked to call there, within ten seconds after
// the REFER was accepted. A Replaces alone joins a call with the one it takes over. The consultation of an
// attended transfer belongs to it once the REFER is accepted. Calls that belong together get one group_id
// (story.h).
//
// Events of the call with the REFER: transfer (detail: whom to call), then transfer-done or transfer-failed
// (detail: SIP status); of the call that it leads to: transferred (detail: who transferred it, if known). One
// that replaces a call while that still rings has picked it up: picked-up (detail: who was rung).
//
// Bounds: ES_TRANSFERS_MAX remembered, the oldest go first; ES_TRANSFERS_OF_CALL in one call, later ones are
// events alone.
#pragma once

#include "story.h"

#define ES_TRANSFERS_MAX 1024
#define ES_TRANSFERS_OF_CALL 8

typedef struct EsTransfers EsTransfers;

EsTransfers *es_transfers_new(void);
void es_transfers_free(EsTransfers *transfers);
// The capture's clock went back: nothing that is remembered can be told from the future.
void es_transfers_clear(EsTransfers *transfers);

// One message of a call, after the call took it. fresh: it began the call.
gboolean es_transfers_message(EsTransfers *transfers, const EsStoryCalls *calls, EsLiveCall *call,
                              gboolean fresh, const EsSipMessage *message, gint64 now_us, GError **error);
