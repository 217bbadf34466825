// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Where SIP messages begin and end in a stream of bytes (RFC 3261 section 18.3).
#pragma once

#include <glib.h>

// What is found is handed on here, borrowed for the call. cut: the head is whole, of the body the end is
// missing. FALSE ends the reading.
typedef struct {
  gboolean (*message)(gpointer user_data, const guint8 *data, gsize length, gboolean cut, GError **error);
  gpointer user_data;
  guint64 *skipped;    // counts bytes that are no message and no keep-alive
  guint64 *unreadable; // counts messages whose compression cannot be undone
} EsFrameSink;

typedef enum { ES_FRAME_NO, ES_FRAME_MAYBE, ES_FRAME_YES } EsFrameVerdict;

// Does a start line begin here? MAYBE when too little is there to tell. Blanks are to be skipped before.
EsFrameVerdict es_sip_frame_start(const guint8 *data, gsize length);
// Bytes of the head with its empty line; 0 while that has not come. Bytes before from were looked at already.
gsize es_sip_frame_head(const guint8 *data, gsize length, gsize from);

typedef struct {
  GByteArray *kept; // a message that has only begun; NULL for none
  gsize looked;     // of its head
  gsize whole;      // its length once the head is known, 0 before
  gsize rest;       // of a message that is handed on already, still to come
} EsSipFrames;

void es_sip_frames_clear(EsSipFrames *frames);
gboolean es_sip_frames_feed(EsSipFrames *frames, const guint8 *data, gsize length, EsFrameSink *sink,
                            GError **error);
// So many bytes will never come. A message whose head is whole is handed on as it is.
gboolean es_sip_frames_lose(EsSipFrames *frames, gsize length, EsFrameSink *sink, GError **error);
