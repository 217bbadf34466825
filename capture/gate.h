// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The consent gate: stands between a call's time line and its file and decides whether audio may be used.
// Today every call passes, whatever its consent state; a policy only has to change this one answer.
#pragma once

typedef enum {
  ES_GATE_PASS, // audio goes into the file
  ES_GATE_COUNT // packets count in the ledger, their audio is used for nothing
} EsGateVerdict;

// consent_state is one of es_consent_state's.
EsGateVerdict es_gate_decide(const char *consent_state);
