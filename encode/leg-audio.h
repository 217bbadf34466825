// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Between the two halves of a leg.
#pragma once

#include "leg.h"

// Gives out what resamplers of streams hold back that have nothing more before until.
void es_leg_flush_resamplers(EsLeg *leg, gint64 until);
