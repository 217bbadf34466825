// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Command lines against a table of commands, and CSV cells.
#include "earshot/common/error.h"
#include "options.h"
#include "reply.h"

static gboolean run_nothing(EsContext *context, GError **error) {
  return TRUE;
}

static const EsArg find_args[] = {
    {"agent", 'a', ES_ARG_TEXT, "agent", "NAME", "", NULL},
    {"min-duration", 0, ES_ARG_LENGTH, "min_duration_ms", "LENGTH", "", NULL},
    {"limit", 'l', ES_ARG_COUNT, "limit", "ROWS", "", NULL},
    {"again", 0, ES_ARG_COUNT_OR_NONE, "again", "[TIMES]", "", NULL},
    {"quiet", 0, ES_ARG_LENGTH_OR_NONE, "quiet_ms", "[LENGTH]", "", NULL},
    {"below", 0, ES_ARG_NUMBER, "score_below", "SCORE", "", NULL},
    {"file", 'r', ES_ARG_LIST, "files", "FILE", "", NULL},
    {"consent", 0, ES_ARG_TEXT, "consent", "STATE", "", "given|refused"},
    {"plain", 0, ES_ARG_NONE, NULL, NULL, "", NULL},
    {0},
};
static const EsCommand find = {.name = "find",
                               .summary = "",
                               .args = {find_args, es_json_args},
                               .least = 1,
                               .most = 2,
                               .run = run_nothing};
static const EsCommand list = {.name = "list", .summary = "", .run = run_nothing};
static const EsCommand *const subs[] = {&list, NULL};
static const EsCommand book = {.name = "book", .summary = "", .sub = subs};
const EsCommand *const es_commands[] = {&find, &book, NULL};

// json: the parameters expected, or NULL and text for a part of the message.
static const struct {
  const char *line, *json, *text;
} cases[] = {
    {"find a", "{}", NULL},
    {"find a --agent mona", "{\"agent\":\"mona\"}", NULL},
    {"find a --again", "{\"again\":1}", NULL},
    {"find --again a", "{\"again\":1}", NULL},
    {"find a --again 3", "{\"again\":3}", NULL},
    {"find a --again=3", "{\"again\":3}", NULL},
    {"find a --again ٣", "{\"again\":3}", NULL},
    {"find a --again=x", NULL, "whole number"},
    {"find --quiet refund --again 2", "{\"quiet_ms\":1,\"again\":2}", NULL},
    {"find a --quiet 1:30", "{\"quiet_ms\":90000}", NULL},
    {"find a --quiet 30s --agent x", "{\"quiet_ms\":30000,\"agent\":\"x\"}", NULL},
    {"find --agent=mona a", "{\"agent\":\"mona\"}", NULL},
    {"find -a mona a", "{\"agent\":\"mona\"}", NULL},
    {"find -amona a", "{\"agent\":\"mona\"}", NULL},
    {"find --agent منى a", "{\"agent\":\"منى\"}", NULL},
    {"find a --min-duration 1:30", "{\"min_duration_ms\":90000}", NULL},
    {"find a --min-duration ١:٣٠", "{\"min_duration_ms\":90000}", NULL},
    {"find a --limit ٥", "{\"limit\":5}", NULL},
    {"find a --below 72.5", "{\"score_below\":72.5}", NULL},
    {"find a -r x -r -", "{\"files\":[\"x\",\"-\"]}", NULL},
    {"find a --consent given", "{\"consent\":\"given\"}", NULL},
    {"find a --consent Given", "{\"consent\":\"given\"}", NULL},
    {"find a --below 72,5", "{\"score_below\":72.5}", NULL},
    {"find --plain --json a --library /x", "{}", NULL},
    {"find -- --agent", "{}", NULL},
    {"book list", "{}", NULL},
    {"find a --consent never", NULL, "not one of given, refused"},
    {"find a --limit 0", NULL, "--limit"},
    {"find a --limit -3", NULL, "--limit"},
    {"find a --limit many", NULL, "“many”"},
    {"find a --below nan", NULL, "--below"},
    {"find a --min-duration soon", NULL, "--min-duration"},
    {"find a --agent", NULL, "needs a value"},
    {"find a --plain=1", NULL, "takes no value"},
    {"find a --colour", NULL, "unknown option --colour (see earshot find --help)"},
    {"find a -z", NULL, "unknown option -z"},
    {"find", NULL, "missing"},
    {"find a b c", NULL, "“c” is one word too many"},
    {"fnd a", NULL, "did you mean “find”?"},
    {"zzzzzz", NULL, "unknown command “zzzzzz” ("},
    {"book", NULL, "book: which one of list? (see earshot book --help)"},
    {"book lst", NULL, "did you mean “list”?"},
    {"book list x", NULL, "(see earshot book list --help)"},
};

static void test_lines(void) {
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_auto(GStrv) argv = g_strsplit(cases[i].line, " ", -1);
    g_auto(EsLine) line = {0};
    g_autoptr(GError) error = NULL;
    gboolean done = es_line_parse(&line, es_commands, argv, &error);
    g_test_message("%s", cases[i].line);
    if (cases[i].json != NULL) {
      g_assert_no_error(error);
      g_autofree char *json = es_reply_line(line.params);
      g_assert_cmpstr(json, ==, cases[i].json);
    } else {
      g_assert_false(done);
      g_assert_error(error, ES_ERROR, ES_ERROR_USAGE);
      g_assert_nonnull(strstr(error->message, cases[i].text));
    }
  }
}

static void test_help_wins(void) {
  char *argv[] = {(char *)"find", (char *)"--help", (char *)"--rubbish", NULL};
  g_auto(EsLine) line = {0};
  g_autoptr(GError) error = NULL;
  g_assert_true(es_line_parse(&line, es_commands, argv, &error));
  g_assert_true(line.command == &find);
  g_assert_true(es_line_has(&line, "help"));
}

static void test_json_c1(void) {
  g_autoptr(JsonObject) object = json_object_new();
  json_object_set_string_member(object, "name",
                                "a\xc2\x9b"
                                "31m é");
  g_autofree char *line = es_reply_line(object);
  g_assert_cmpstr(line, ==, "{\"name\":\"a\\u009b31m é\"}");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli/options/lines", test_lines);
  g_test_add_func("/cli/options/help", test_help_wins);
  g_test_add_func("/cli/json/c1", test_json_c1);
  return g_test_run();
}
