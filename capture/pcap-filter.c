// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "pcap-filter.h"

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

gboolean es_pcap_filter(pcap_t *pcap, const char *filter, GError **error) {
  struct bpf_program program;
  if (!filter)
    return TRUE;
  if (pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, "filter: %s", pcap_geterr(pcap));
    return FALSE;
  }
  gboolean ok = pcap_setfilter(pcap, &program) == 0;
  pcap_freecode(&program);
  if (!ok)
    g_set_error(error, ES_ERROR, ES_ERROR_FAILED, _("the filter cannot be set: %s"), pcap_geterr(pcap));
  return ok;
}
