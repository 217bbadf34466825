// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "roles.h"
#include <glib.h>
#include <string.h>

void es_leg_roles(const char *direction, const char *roles[2]) {
  gboolean inbound = strcmp(direction, "inbound") == 0, outbound = strcmp(direction, "outbound") == 0;
  roles[0] = inbound ? "customer" : outbound ? "agent" : "caller";
  roles[1] = inbound ? "agent" : outbound ? "customer" : "callee";
}
