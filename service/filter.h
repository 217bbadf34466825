// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The criteria of a search as parameters: shared by call.search and export.pack.
#pragma once

#include "operation.h"

#include "earshot/common/i18n.h"

// Entries for a table of EsParam. flag is not among them: it means another thing to each.
#define ES_FILTER_PARAMS                                                                                     \
  {"words", ES_PARAM_STRING, FALSE, N_("words of names, numbers, notes, tags, comments and transcript")},    \
      {"agent", ES_PARAM_STRING, FALSE, N_("agent's extension or name")},                                    \
      {"caller", ES_PARAM_STRING, FALSE, N_("who called")},                                                  \
      {"callee", ES_PARAM_STRING, FALSE, N_("who was called")},                                              \
      {"number", ES_PARAM_STRING, FALSE, N_("either side's number or its last digits")},                     \
      {"queue", ES_PARAM_STRING, FALSE, N_("queue")}, {"client", ES_PARAM_STRING, FALSE, N_("client")},      \
      {"direction", ES_PARAM_STRING, FALSE, N_("inbound, outbound, internal or unknown")},                   \
      {"from", ES_PARAM_STRING, FALSE, N_("started at this time or later")},                                 \
      {"to", ES_PARAM_STRING, FALSE, N_("started at this time or earlier")},                                 \
      {"min_duration_ms", ES_PARAM_INT, FALSE, N_("at least this long")},                                    \
      {"max_duration_ms", ES_PARAM_INT, FALSE, N_("at most this long")},                                     \
      {"consent", ES_PARAM_STRING, FALSE, N_("state of consent")},                                           \
      {"business_id", ES_PARAM_STRING, FALSE, N_("ticket, order or customer number")},                       \
      {"group", ES_PARAM_STRING, FALSE, N_("calls of this group, joined by transfers")},                     \
      {"tag", ES_PARAM_STRING, FALSE, N_("tag")},                                                            \
      {"score_below", ES_PARAM_NUMBER, FALSE, N_("scored lower than this")},                                 \
      {"outcome", ES_PARAM_STRING, FALSE, N_("recorded, partial or none")},                                  \
      {"disposition", ES_PARAM_STRING, FALSE, N_("answered, missed, abandoned, busy or failed")},            \
      {"missing_audio", ES_PARAM_BOOL, FALSE, N_("only calls of which audio is missing")},                   \
      {"min_repeats", ES_PARAM_INT, FALSE, N_("the caller had called so often in the week before")},         \
      {"min_dead_air_ms", ES_PARAM_INT, FALSE, N_("at least so much dead air in all")},                      \
      {"min_talk_over_ms", ES_PARAM_INT, FALSE, N_("at least so much talk-over in all")},                    \
      {"saved", ES_PARAM_STRING, FALSE, N_("saved search to start from; what is given beside it wins")},     \
      {"limit", ES_PARAM_INT, FALSE, N_("calls a page")}, {                                                  \
    "page", ES_PARAM_INT, FALSE, N_("which page, from 1")                                                    \
  }

// Entries of those operations that show calls in an order.
#define ES_SORT_PARAMS                                                                                       \
  {"sort", ES_PARAM_STRING, FALSE, N_("date, duration, score or tension")}, {                                \
    "reverse", ES_PARAM_BOOL, FALSE, N_("the other way round")                                               \
  }

// Takes up the saved search, if one is named, and fills search from the parameters; texts are borrowed from
// them. Wrong values give ES_ERROR_USAGE naming the parameter.
gboolean es_filter_read(EsRequest *request, EsSearch *search, GError **error);
