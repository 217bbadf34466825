// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/csv.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
  g_autoptr(EsCsv) csv = es_csv_open_text("fuzz.csv", (const char *)data, (gssize)size, TRUE, NULL);
  while (csv && es_csv_next(csv, NULL) == ES_CSV_ROW)
    es_csv_get(csv, "name");
  return 0;
}
