// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target without libFuzzer over files and folders of seeds: each as it is, cut at every length
// and with every byte changed in three ways (long ones in steps); and over files of many inputs (NAME.inputs,
// see corpus.py), each as it is. --steps=N before them: of each seed N places, 1500 unless told otherwise.
// Each input has its own allocation, so that the sanitizers see every overrun.
#include <stdio.h>

#include <string.h>

#include "fuzz.h"

#define STEPS "--steps="

static gsize most_steps = 1500;
static guint runs;

static void run(const guint8 *data, gsize size) {
  g_autofree guint8 *exact = g_malloc(MAX(size, 1));
  memcpy(exact, data, size);
  LLVMFuzzerTestOneInput(exact, size);
  runs++;
}

static void run_variants(guint8 *data, gsize size) {
  static const guint8 changes[] = {0xff, 0x80, 0x01};
  gsize step = size / most_steps + 1;
  run(data, size);
  for (gsize i = 0; i < size; i += step) {
    run(data, i);
    for (guint c = 0; c < G_N_ELEMENTS(changes); c++) {
      data[i] ^= changes[c];
      run(data, size);
      data[i] ^= changes[c];
    }
  }
}

// Each after its length, in four bytes.
static gboolean run_inputs(const guint8 *data, gsize left) {
  while (left >= 4) {
    gsize size = (gsize)data[0] << 24 | (gsize)data[1] << 16 | (gsize)data[2] << 8 | data[3];
    if (size > left - 4)
      return FALSE;
    run(data + 4, size);
    data += 4 + size;
    left -= 4 + size;
  }
  return left == 0;
}

static gboolean run_file(const char *path) {
  g_autofree char *data = NULL;
  gsize size;
  if (!g_file_get_contents(path, &data, &size, NULL))
    return FALSE;
  if (g_str_has_suffix(path, ".inputs"))
    return run_inputs((const guint8 *)data, size);
  run_variants((guint8 *)data, size);
  return TRUE;
}

static gboolean run_path(const char *path) {
  const char *name;
  gboolean any = FALSE;
  g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
  if (!folder)
    return run_file(path);
  while ((name = g_dir_read_name(folder))) {
    g_autofree char *file = g_build_filename(path, name, NULL);
    any = run_file(file) || any;
  }
  return any;
}

int main(int argc, char **argv) {
  int first = argc > 1 && g_str_has_prefix(argv[1], STEPS) ? 2 : 1;
  if (first == 2)
    most_steps = MAX(g_ascii_strtoull(argv[1] + strlen(STEPS), NULL, 10), 1);
  for (int i = first; i < argc; i++)
    if (!run_path(argv[i])) {
      fprintf(stderr, "%s: no seeds\n", argv[i]);
      return 1;
    }
  printf("%u inputs\n", runs);
  return runs == 0;
}
