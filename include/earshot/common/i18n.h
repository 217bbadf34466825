// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// gettext for every text a person sees. Static libraries only mark and look up; cli/main.c binds the domain.
#pragma once

#include <libintl.h>

#define ES_GETTEXT_DOMAIN "earshot"
#define _(text) dgettext(ES_GETTEXT_DOMAIN, text)
#define N_(text) (text)
#define ngettext_(one, many, n) dngettext(ES_GETTEXT_DOMAIN, one, many, n)
