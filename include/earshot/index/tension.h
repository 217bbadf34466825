// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a call's tension is made of: the terms of the generated column call.tension, one by one, so that it
// can be explained.
#pragma once

#include "earshot/index/call.h"

typedef struct {
  double talk_over, dead_air, raised, repeats; // points; NAN when that part was not measured
} EsTensionParts;
#define ES_TENSION_TALK_OVER_MAX 30.0
#define ES_TENSION_DEAD_AIR_MAX 20.0
#define ES_TENSION_RAISED_MAX 30.0
#define ES_TENSION_REPEATS_MAX 20.0

EsTensionParts es_call_tension_parts(const EsCall *call);
