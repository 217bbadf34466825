// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Making rubrics: "rubric new" in an editor, "rubric import" from a spreadsheet's form.
#pragma once

#include "command.h"

extern const EsCommand es_cmd_rubric_new;
extern const EsCommand es_cmd_rubric_import;
