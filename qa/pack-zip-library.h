// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// libarchive, loaded when a pack becomes a ZIP file: it brings a dozen libraries that no other command needs.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <glib.h>

#define ES_ARCHIVE_FUNCTIONS(F)                                                                              \
  F(archive_entry_free)                                                                                      \
  F(archive_entry_new)                                                                                       \
  F(archive_entry_set_filetype)                                                                              \
  F(archive_entry_set_mtime)                                                                                 \
  F(archive_entry_set_pathname)                                                                              \
  F(archive_entry_set_perm)                                                                                  \
  F(archive_entry_set_size)                                                                                  \
  F(archive_errno)                                                                                           \
  F(archive_error_string)                                                                                    \
  F(archive_write_close)                                                                                     \
  F(archive_write_data)                                                                                      \
  F(archive_write_free)                                                                                      \
  F(archive_write_header)                                                                                    \
  F(archive_write_new)                                                                                       \
  F(archive_write_open_fd)                                                                                   \
  F(archive_write_set_format_zip)                                                                            \
  F(archive_write_zip_set_compression_deflate)                                                               \
  F(archive_write_zip_set_compression_store)

typedef struct {
#define ES_ARCHIVE_MEMBER(name) __typeof__(name) *(name);
  ES_ARCHIVE_FUNCTIONS(ES_ARCHIVE_MEMBER)
#undef ES_ARCHIVE_MEMBER
} EsArchiveLibrary;

// NULL with ES_ERROR_UNSUPPORTED when it is missing. Any thread.
const EsArchiveLibrary *es_archive_library(GError **error);
