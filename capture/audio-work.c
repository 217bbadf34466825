// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What is done to a recording, on the thread of its call.
#include "audio-private.h"
#include "earshot/common/clock.h"
#include <glib/gstdio.h>

int es_audio_set_effort(EsAudio *audio, int complexity) {
  if (complexity >= 0 && audio->steered && audio->recording && complexity != audio->complexity) {
    es_recording_set_complexity(audio->recording, complexity);
    audio->complexity = complexity;
  }
  return audio->complexity;
}

// What the journal has is recorded from it, once that can be written.
static void leave_to_journal(EsAudio *audio, GError *error) {
  EsJournal *journal = es_audio_pool_journal(audio->pool);
  g_autofree char *part = g_strdup_printf("%s/%s.part", es_journal_directory(journal), audio->id);
  g_clear_pointer(&audio->recording, es_recording_free);
  g_unlink(part);
  atomic_store(&audio->left, TRUE);
  es_audio_pool_tell(audio->pool, error);
}

void es_audio_do_said(EsAudio *audio, const EsAudioSaid *said) {
  GError *error = NULL;
  if (!audio->recording || es_audio_do(audio->recording, said, audio->failed ? NULL : &error) ||
      audio->failed)
    return;
  if (audio->call) {
    leave_to_journal(audio, error);
    return;
  }
  audio->failed = TRUE;
  atomic_store(&audio->error, error);
}

static void make_look(EsAudio *audio) {
  if (!audio->recording)
    return;
  EsAudioLook *look = g_new0(EsAudioLook, 1);
  es_recording_peek(audio->recording, &look->result);
  if (!es_recording_has_audio(audio->recording, &look->audio_us))
    look->audio_us = ES_UNKNOWN;
  atomic_store(&audio->look, look);
}

static void drop(EsAudio *audio) {
  GError *error = atomic_load(&audio->error);
  EsAudioLook *look = atomic_load(&audio->look);
  if (look)
    es_recording_result_clear(&look->result);
  g_free(look);
  g_clear_error(&error);
  es_recording_free(audio->recording);
  es_audio_sources_free(audio->said);
  es_audio_sources_free(audio->heard);
  g_free(audio);
}

static void end(EsAudio *audio, EsAudioEnd func, gpointer data) {
  EsAudioPool *pool = audio->pool;
  g_autoptr(GError) failed = atomic_exchange(&audio->error, NULL);
  func(g_steal_pointer(&audio->recording), failed, data);
  drop(audio);
  es_audio_pool_put(pool, data);
}

void es_audio_do_message(const EsMessage *m) {
  switch (m->kind) {
  case ES_MESSAGE_SAID:
    es_audio_do_said(m->audio, &m->said);
    break;
  case ES_MESSAGE_LOOK:
    make_look(m->audio);
    break;
  case ES_MESSAGE_END:
    end(m->audio, m->end, m->data);
    break;
  case ES_MESSAGE_FREE:
    drop(m->audio);
    break;
  }
}

void es_audio_leave(const EsMessage *m) {
  g_clear_pointer(&m->audio->recording, es_recording_free);
  if (m->kind == ES_MESSAGE_END)
    end(m->audio, m->end, m->data);
  else if (m->kind == ES_MESSAGE_FREE)
    drop(m->audio);
}
