// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Waiting for another thread, but not for long: by the clock that nobody sets. By the wall's clock a wait of
// milliseconds lasts an hour when that is set back by an hour. POSIX, which ThreadSanitizer understands.
#pragma once

#include <glib.h>
#include <pthread.h>

void es_timed_wait_init(pthread_cond_t *cond);
// May return early. The mutex is held.
void es_timed_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, guint ms);
