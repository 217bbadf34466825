// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "channel.h"

#include <string.h>

// The number at the end is eight hexadecimal digits after the last dash; DAHDI's is shorter.
static gsize without_number(const char *name) {
  const char *dash = strrchr(name, '-');
  gsize digits = dash ? strspn(dash + 1, "0123456789abcdefABCDEF") : 0;
  return digits > 0 && dash[1 + digits] == '\0' ? (gsize)(dash - name) : strlen(name);
}

char *es_channel_endpoint(const char *channel) {
  const char *slash = channel ? strchr(channel, '/') : NULL;
  if (!slash)
    return NULL;
  const char *name = slash + 1;
  gsize length = without_number(name);
  const char *end = strpbrk(name, "@/;");
  if (end && (gsize)(end - name) < length)
    length = (gsize)(end - name);
  return length > 0 ? g_strndup(name, length) : NULL;
}

gboolean es_endpoint_is_extension(const char *endpoint) {
  gsize length = endpoint ? strlen(endpoint) : 0;
  return length >= 2 && length <= 6 && strspn(endpoint, "0123456789") == length;
}

char *es_channel_local(const char *channel) {
  if (!channel || !g_str_has_prefix(channel, "Local/"))
    return NULL;
  const char *half = strrchr(channel, ';');
  return half ? g_strndup(channel, (gsize)(half - channel)) : NULL;
}
