// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into a recorder: its wall clock, and that of the kernel which stamps its packets, stand by so
// many microseconds beside the real one as the file $SET_CLOCK says. The real one cannot be set for one
// process.
#include <dlfcn.h>
#include <fcntl.h>
#include <glib.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static gint64 set_by_us(void) {
  static volatile gint64 *set;
  if (!set) {
    int fd = open(getenv("SET_CLOCK"), O_RDONLY | O_CLOEXEC);
    set = mmap(NULL, sizeof *set, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
  }
  return *set;
}

gint64 g_get_real_time(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000 + set_by_us();
}

int pcap_next_ex(pcap_t *pcap, struct pcap_pkthdr **header, const u_char **data) {
  void *libpcap = dlopen("libpcap.so.0.8", RTLD_LAZY); // of the recorder's module, so it is not the next one
  int (*next)(pcap_t *, struct pcap_pkthdr **, const u_char **) = dlsym(libpcap, "pcap_next_ex");
  int result = next(pcap, header, data);
  dlclose(libpcap);
  if (result == 1) {
    gint64 us = (gint64)(*header)->ts.tv_sec * G_USEC_PER_SEC + (*header)->ts.tv_usec + set_by_us();
    (*header)->ts = (struct timeval){us / G_USEC_PER_SEC, us % G_USEC_PER_SEC};
  }
  return result;
}
