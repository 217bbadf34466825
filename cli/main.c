// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The program: a table of commands, the way from a command line to one of them, and from its result to an
// exit status (0 done, 1 failed, 2 wrong usage, 3 nothing found).
#include "commands.h"
#include "complete.h"
#include "context.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "help.h"
#include "language.h"
#include "log.h"
#include "options.h"

#include <errno.h>
#include <string.h>

// In the order of the help: fill, find, judge, look after.
const EsCommand *const es_commands[] = {
    &es_cmd_init,      &es_cmd_record,  &es_cmd_import, &es_cmd_search, &es_cmd_show,
    &es_cmd_play,      &es_cmd_note,    &es_cmd_tag,    &es_cmd_rubric, &es_cmd_score,
    &es_cmd_flag,      &es_cmd_unflag,  &es_cmd_export, &es_cmd_agent,  &es_cmd_client,
    &es_cmd_correct,   &es_cmd_consent, &es_cmd_audit,  &es_cmd_status, &es_cmd_doctor,
    &es_cmd_reconcile, &es_cmd_verify,  NULL,
};

// Output that could not be written is a failure even when the operation was not.
static int finish(const EsLine *line, const GError *error) {
  gboolean lost = fflush(stdout) != 0 || ferror(stdout);
  if (error != NULL && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return 0;
  if (error != NULL) {
    gboolean usage = line->command != NULL && g_error_matches(error, ES_ERROR, ES_ERROR_USAGE);
    g_autofree char *message = usage ? es_line_explain(line, error->message) : g_strdup(error->message);
    if (!es_log_told_failure())
      es_message("%s", message);
    return es_error_exit_status(error);
  }
  if (lost) {
    es_message(_("cannot write to standard output: %s"), g_strerror(errno));
    return 1;
  }
  return 0;
}

static int run(const EsLine *line) {
  g_autoptr(GError) error = NULL;
  EsContext context;
  es_context_init(&context, line);
  line->command->run(&context, &error);
  int status = finish(line, error);
  es_context_clear(&context);
  return status;
}

static int help(const EsLine *line) {
  if (es_line_has(line, "version"))
    printf("earshot %s\n", ES_VERSION);
  else if (line->command != NULL)
    es_help_command(line->parent, line->command, stdout);
  else
    es_help_overview(stdout);
  return finish(line, NULL);
}

int main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  g_auto(EsLine) line = {0};
  es_locale_begin(argv);
  if (argc > 1 && strcmp(argv[1], ES_COMPLETE_WORD) == 0)
    return es_complete(argv + 2);
  if (!es_line_parse(&line, es_commands, argv + 1, &error))
    return finish(&line, error);
  if (es_line_has(&line, "help") || es_line_has(&line, "version"))
    return help(&line);
  if (line.command != NULL)
    return run(&line);
  es_help_overview(stderr);
  return 2;
}
