// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The one way a score is shown, in the terminal, in spreadsheets and (qa/page/page.js follows it) in the
// pack.
#pragma once

#include <glib.h>

// Rounded half up to one decimal, "87.5", "80"; "–" for NAN, a call without a score. Scores are kept and
// compared unrounded. Caller frees.
char *es_score_format(double score);
