// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Where a mapping rule reads: "header X-Queue", "header Diversion user", "callee parameter queue". The
// grammar:
//
//   SOURCE [PART]
//   SOURCE  header NAME | metadata NAME | caller | callee | request | dialled | user-agent
//   PART    value | uri | user | host | display | parameter NAME
//
// caller and callee are From and To as the call's first INVITE had them, whoever sends the message; of a
// recorded session they are the parties that its metadata names. request is the URI that a request goes to;
// dialled is the callee's user, user-agent the header of that name; metadata is a vendor's element of a
// recorded session. Without a part a header and an element are read whole, everything else by its user.
#pragma once

#include "earshot/wire/sip.h"

#define ES_MAP_INPUT_CHARACTERS 512 // more of a value is not read

typedef struct {
  enum { ES_MAP_HEADER, ES_MAP_METADATA, ES_MAP_CALLER, ES_MAP_CALLEE, ES_MAP_REQUEST } kind;
  char *header; // or the element's name
  enum { ES_MAP_WHOLE, ES_MAP_URI, ES_MAP_USER, ES_MAP_HOST, ES_MAP_DISPLAY, ES_MAP_PARAMETER } part;
  char *parameter;
} EsMapSource;

// What there is to read: a message, and what a recorded session knows beside it.
typedef struct {
  const EsSipMessage *message;
  gboolean turned;             // the message's From is the callee
  const char *caller, *callee; // as From and To would have them; NULL: From and To are the parties
  const char *(*metadata)(gpointer user_data, const char *name); // NULL: there is none
  gpointer user_data;
} EsMapInput;

// FALSE if text does not follow the grammar. Clear it in either case.
gboolean es_map_source_parse(const char *text, EsMapSource *source);
void es_map_source_clear(EsMapSource *source);
// What it says there, NULL if nothing; caller frees.
char *es_map_source_read(const EsMapSource *source, const EsMapInput *input);
