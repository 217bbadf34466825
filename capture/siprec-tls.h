// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Certificates for sofia-sip. It reads them from a directory, under names of its own, and goes on without
// those that it cannot read; so they are looked at first, and laid out for it for as long as it reads.
#pragma once

#include "siprec-settings.h"

typedef struct EsSiprecTls EsSiprecTls;

// NULL with an error that names the file and what is wrong with it.
EsSiprecTls *es_siprec_tls_prepare(const EsSiprecSettings *settings, GError **error);
const char *es_siprec_tls_directory(const EsSiprecTls *tls);
// Removes the directory.
void es_siprec_tls_free(EsSiprecTls *tls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsSiprecTls, es_siprec_tls_free)
