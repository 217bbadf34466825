// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// sofia-sip 1.12.11 never frees the SSL object of a connection: each one costs 70 kB for good, so anybody who
// connects again and again would eat the memory. Here they are found and freed, by what OpenSSL offers.
#pragma once

// Watches the SSL objects that this thread makes from now on. Before the first listener.
void es_siprec_tls_mend(void);
// After each turn of the loop: a connection lives longer than the turn in which it was accepted.
void es_siprec_tls_adopt(void);
// When no listener is left.
void es_siprec_tls_mended(void);
