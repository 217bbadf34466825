// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "gate.h"
#include <glib.h>

EsGateVerdict es_gate_decide(const char *consent_state) {
  return ES_GATE_PASS;
}
