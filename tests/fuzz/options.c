// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// AddressSanitizer, for millions of short lives: what was freed is kept for the next input, not for the next
// thousands, so that memory is used again instead of asked for anew; and of each allocation a few callers are
// kept.
const char *__asan_default_options(void);

const char *__asan_default_options(void) {
  return "quarantine_size_mb=8:thread_local_quarantine_size_kb=256:malloc_context_size=6:allocator_release_"
         "to_os_interval_ms=-1";
}
