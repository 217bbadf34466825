// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a service manager (systemd, Type=notify) wants to hear: a datagram to the socket that $NOTIFY_SOCKET
// names. Without one nothing happens.
#pragma once

#include <glib.h>

// "READY=1", "STATUS=…", "WATCHDOG=1", "STOPPING=1"; several with line feeds between. Never waits.
void es_notify(const char *state);
// How often the manager wants to hear of life; 0: it does not.
gint64 es_notify_watchdog_us(void);
