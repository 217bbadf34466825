// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Filters of libpcap, for files and interfaces alike.
#pragma once

#include <glib.h>
#include <pcap/pcap.h>

// Sets an expression of pcap-filter(7); NULL sets none. A wrong one gives ES_ERROR_USAGE with libpcap's
// words.
gboolean es_pcap_filter(pcap_t *pcap, const char *filter, GError **error);
