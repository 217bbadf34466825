// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// es_opus_repair on an open file, so that a fuzzer can hand it one in memory.
#pragma once

#include "earshot/encode/file.h"
#include "opus-scan.h"

gboolean es_opus_repair_fd(int fd, const char *path, EsRepair *repair, GError **error);
