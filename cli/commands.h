// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The entries of the command table, each in cli/cmd-<name>.c.
#pragma once

#include "command.h"

extern const EsCommand es_cmd_agent;
extern const EsCommand es_cmd_audit;
extern const EsCommand es_cmd_client;
extern const EsCommand es_cmd_consent;
extern const EsCommand es_cmd_correct;
extern const EsCommand es_cmd_doctor;
extern const EsCommand es_cmd_export;
extern const EsCommand es_cmd_flag;
extern const EsCommand es_cmd_import;
extern const EsCommand es_cmd_init;
extern const EsCommand es_cmd_note;
extern const EsCommand es_cmd_play;
extern const EsCommand es_cmd_reconcile;
extern const EsCommand es_cmd_record;
extern const EsCommand es_cmd_rubric;
extern const EsCommand es_cmd_score;
extern const EsCommand es_cmd_search;
extern const EsCommand es_cmd_show;
extern const EsCommand es_cmd_status;
extern const EsCommand es_cmd_tag;
extern const EsCommand es_cmd_unflag;
extern const EsCommand es_cmd_verify;
