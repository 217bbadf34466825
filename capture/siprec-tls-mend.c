// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// sofia-sip gives each SSL object a BIO and later frees that BIO by itself, though the SSL object owns it,
// and forgets the latter. So a new SSL object gets a BIO of its own; the former one is then sofia-sip's
// alone, and its end tells that the SSL object is not needed any more. It also gives back, with each
// connection, a reference of the SSL_CTX that it never took, which went unnoticed since the SSL object kept
// another.
//
// It may be done with a connection in the very step in which it took it, if the first bytes are no TLS. What
// the SSL object holds is then all that is left of the BIO, and giving it another one is the end of that.
#include "siprec-tls-mend.h"
#include <glib.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>

typedef struct {
  SSL *ssl;
  const BIO *mark; // sofia-sip's; NULL: not yet adopted
  gboolean adopting;
  gboolean over; // sofia-sip was done with it before
} Connection;

static __thread GPtrArray *connections; // of Connection; NULL in threads that do not ask for it

static void on_new_ssl(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  if (!connections)
    return;
  Connection *c = g_new0(Connection, 1);
  c->ssl = parent;
  g_ptr_array_add(connections, c);
}

// A version of sofia-sip that does free it.
static void on_free_ssl(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  for (guint i = 0; connections && i < connections->len; i++)
    if (((Connection *)connections->pdata[i])->ssl == parent) {
      g_ptr_array_remove_index(connections, i);
      return;
    }
}

static void on_free_bio(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  for (guint i = 0; connections && i < connections->len; i++) {
    Connection *c = connections->pdata[i];
    if (c->mark != parent)
      continue;
    if (c->adopting) {
      c->over = TRUE;
      return;
    }
    SSL *ssl = c->ssl;
    g_ptr_array_remove_index(connections, i);
    SSL_free(ssl);
    return;
  }
}

static void adopt(Connection *c) {
  BIO *mark = SSL_get_rbio(c->ssl), *own = mark ? BIO_new_socket(SSL_get_fd(c->ssl), BIO_NOCLOSE) : NULL;
  if (!own)
    return;
  BIO_up_ref(mark); // the references that sofia-sip believes to have
  SSL_CTX_up_ref(SSL_get_SSL_CTX(c->ssl));
  c->mark = mark;
  c->adopting = TRUE;
  SSL_set_bio(c->ssl, own, own);
  c->adopting = FALSE;
  if (c->over)
    SSL_free(c->ssl); // takes it off the list
}

void es_siprec_tls_adopt(void) {
  for (guint i = connections->len; i > 0; i--) {
    Connection *c = connections->pdata[i - 1];
    if (c->mark)
      return; // what came before it is, too
    adopt(c);
  }
}

void es_siprec_tls_mend(void) {
  static gsize once;
  if (g_once_init_enter(&once)) {
    SSL_get_ex_new_index(0, NULL, on_new_ssl, NULL, on_free_ssl);
    BIO_get_ex_new_index(0, NULL, NULL, NULL, on_free_bio);
    g_once_init_leave(&once, 1);
  }
  connections = g_ptr_array_new_with_free_func(g_free);
}

void es_siprec_tls_mended(void) {
  g_clear_pointer(&connections, g_ptr_array_unref);
}
