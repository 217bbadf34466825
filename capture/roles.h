// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Roles of a call's two legs. Leg 0 is always the caller's voice, leg 1 the callee's; when the direction says
// who of them works here, they are called agent and customer.
#pragma once

// direction: inbound, outbound, internal, unknown. roles[0] is the caller's.
void es_leg_roles(const char *direction, const char *roles[2]);
