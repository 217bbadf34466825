// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "shared-sink.h"
#include <pthread.h>

struct EsSharedSink {
  EsCaptureSink sink; // as it is given away
  const EsCaptureSink *real;
  pthread_mutex_t mutex;
};

static void on_progress(const EsCaptureStats *stats, gpointer user_data) {
  EsSharedSink *shared = user_data;
  if (!shared->real || !shared->real->progress)
    return;
  pthread_mutex_lock(&shared->mutex);
  shared->real->progress(stats, shared->real->user_data);
  pthread_mutex_unlock(&shared->mutex);
}

static void on_finished(const EsCall *call, gpointer user_data) {
  EsSharedSink *shared = user_data;
  if (!shared->real || !shared->real->finished)
    return;
  pthread_mutex_lock(&shared->mutex);
  shared->real->finished(call, shared->real->user_data);
  pthread_mutex_unlock(&shared->mutex);
}

static void on_warning(const char *message, gpointer user_data) {
  EsSharedSink *shared = user_data;
  if (!shared->real || !shared->real->warning)
    return;
  pthread_mutex_lock(&shared->mutex);
  shared->real->warning(message, shared->real->user_data);
  pthread_mutex_unlock(&shared->mutex);
}

static void on_event(EsLogEvent event, const char *message, gpointer user_data) {
  EsSharedSink *shared = user_data;
  if (!shared->real || !shared->real->event) {
    on_warning(message, user_data);
    return;
  }
  pthread_mutex_lock(&shared->mutex);
  shared->real->event(event, message, shared->real->user_data);
  pthread_mutex_unlock(&shared->mutex);
}

EsSharedSink *es_shared_sink_new(const EsCaptureSink *real) {
  EsSharedSink *shared = g_new0(EsSharedSink, 1);
  shared->sink = (EsCaptureSink){on_progress, on_finished, on_warning, shared, on_event};
  shared->real = real;
  pthread_mutex_init(&shared->mutex, NULL);
  return shared;
}

const EsCaptureSink *es_shared_sink(EsSharedSink *shared) {
  return &shared->sink;
}

void es_shared_sink_free(EsSharedSink *shared) {
  pthread_mutex_destroy(&shared->mutex);
  g_free(shared);
}

void es_sink_tell(const EsCaptureSink *sink, EsLogEvent event, const char *message) {
  if (sink && sink->event)
    sink->event(event, message, sink->user_data);
  else if (sink && sink->warning)
    sink->warning(message, sink->user_data);
}
