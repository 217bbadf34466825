// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The codes of the design's JSON (directions, dispositions, states, reasons, …) in the reader's language.
#pragma once

#include <glib.h>

// The word for a code, or the code itself when there is none; NULL gives "". Static or borrowed.
const char *es_term(const char *code);
// The word for a state of consent.
const char *es_term_consent(const char *state);
