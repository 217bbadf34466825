// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The line of the next steps (see next-step.h).
#include "next-step.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "text.h"

#include <string.h>

#define BEGIN "\xE2\x81\xA8" // U+2068; commands are typed from left to right in every language
#define END "\xE2\x81\xA9"   // U+2069
#define GAP 3                // cells between commands
#define INDENT 2             // of what goes on below

// A line that is full goes on below: no command is broken.
static void add(GString *line, int *used, const EsContext *context, const char *command) {
  const EsScreen *screen = &context->screen;
  int cells = es_text_width(command);
  if (line->len > 0 && screen->width > 0 && *used + GAP + cells > screen->width) {
    g_string_append_printf(line, "\n%*s", INDENT, "");
    *used = INDENT;
  } else if (line->len > 0) {
    g_string_append(line, screen->utf8 ? " · " : " , ");
    *used += GAP;
  }
  g_string_append_printf(line, "%s%s%s", screen->isolate ? BEGIN : "", command, screen->isolate ? END : "");
  *used += cells;
}

static void print(const EsContext *context, const char *const *commands) {
  g_autoptr(GString) line = g_string_new(NULL);
  int used = es_text_width(_("next: %s")) - 2;
  for (; *commands != NULL; commands++)
    add(line, &used, context, *commands);
  printf("%s", es_screen_begin(&context->screen, ES_STYLE_DIM));
  printf(_("next: %s"), line->str);
  printf("%s\n", es_screen_end(&context->screen, ES_STYLE_DIM));
}

void es_next_step(const EsContext *context, const char *command, ...) {
  if (!context->screen.terminal)
    return;
  g_autoptr(GPtrArray) commands = g_ptr_array_new();
  va_list more;
  va_start(more, command);
  for (; command != NULL; command = va_arg(more, const char *))
    g_ptr_array_add(commands, (gpointer)command);
  va_end(more);
  g_ptr_array_add(commands, NULL);
  print(context, (const char *const *)commands->pdata);
}

void es_next_step_of_call(const EsContext *context, const char *id, const char *format, ...) {
  if (!context->screen.terminal || id == NULL || strlen(id) < ES_ID_SHORT)
    return;
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  va_list more;
  va_start(more, format);
  for (; format != NULL; format = va_arg(more, const char *)) {
    g_auto(GStrv) parts = g_strsplit(format, "%s", -1);
    g_autofree char *command = g_strjoinv(es_id_short(id), parts);
    g_strv_builder_add(builder, command);
  }
  va_end(more);
  g_auto(GStrv) commands = g_strv_builder_end(builder);
  print(context, (const char *const *)commands);
}
