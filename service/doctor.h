// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What library.doctor is made of: each file looks at one thing and says what it found, a row a finding. A
// check that finds nothing wrong says so too, so that a reader sees what was looked at. Nothing here changes
// anything.
#pragma once

#include "operation.h"

typedef enum { ES_DOCTOR_OK, ES_DOCTOR_WARNING, ES_DOCTOR_FAILURE } EsDoctorState;

// Replies with {check, state, message, advice}. check is a word that stays the same in every language; advice
// says what to do, NULL when there is nothing to do.
void es_doctor_say(const EsRequest *request, const char *check, EsDoctorState state, const char *advice,
                   const char *format, ...) G_GNUC_PRINTF(5, 6);

void es_doctor_library(EsRequest *request);  // permissions, owner, foreign files
void es_doctor_settings(EsRequest *request); // earshot.conf, and the module that reads most of it
void es_doctor_index(EsRequest *request);    // whole, its schema; rows and recordings belong together
void es_doctor_disk(EsRequest *request);     // kind of file system, space
void es_doctor_load(EsRequest *request);     // what calls in numbers ask of disk, limits, processors
void es_doctor_machine(
    EsRequest *request); // clock, memory for the ring, capture permission, sound, texts, zone
