// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Lists in earshot.conf: words separated by commas, and lists of numbers in which * and ? stand for any
// digits.
#pragma once

#include "earshot/common/config.h"

// The words of a value that is separated by commas (or semicolons), trimmed, without empty ones; an absent
// key gives an empty list. NULL with an error for a value that cannot be read. Caller frees with g_strfreev.
char **es_config_words(const EsConfig *config, const char *group, const char *key, GError **error);
// TRUE if number fits one of the patterns; FALSE for NULL.
gboolean es_number_list_has(char *const *patterns, const char *number);
// TRUE if the words hold this one, without case.
gboolean es_words_have(char *const *words, const char *word);
