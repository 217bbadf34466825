// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "siprec-tls.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

struct EsSiprecTls {
  char *directory;
};

static const char *const names[] = {"agent.pem", "cafile.pem"}; // as sofia-sip looks for them

// Nobody is there who could be asked for the password of a key.
static int no_password(char *buffer, int size, int writing, void *user_data) {
  (void)buffer, (void)size, (void)writing, (void)user_data;
  return -1;
}

// What OpenSSL says of it ("PEM lib") helps nobody.
static gboolean wrong(const char *key, const char *file, const char *what, GError **error) {
  ERR_clear_error();
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("earshot.conf: [siprec] %s: %s: %s"), key, file, what);
  return FALSE;
}

static gboolean can_read(const char *key, const char *file, GError **error) {
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return wrong(key, file, g_strerror(errno), error);
  close(fd);
  return TRUE;
}

static gboolean look_at_own(SSL_CTX *context, const char *file, GError **error) {
  static const char key[] = "certificate";
  if (!can_read(key, file, error))
    return FALSE;
  if (SSL_CTX_use_certificate_file(context, file, SSL_FILETYPE_PEM) != 1)
    return wrong(key, file, _("no certificate in PEM form"), error);
  if (SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) == 1)
    return TRUE;
  gboolean other = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH;
  return wrong(key, file,
               other ? _("the key belongs to another certificate")
                     : _("no private key without a password; certificate and key stand in one file"),
               error);
}

// By the same steps that sofia-sip takes.
static gboolean look_at(const EsSiprecSettings *settings, GError **error) {
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  const char *authority = settings->authority;
  SSL_CTX_set_default_passwd_cb(context, no_password);
  gboolean ok =
      look_at_own(context, settings->certificate, error) && (!authority || can_read("ca", authority, error));
  if (ok && authority && SSL_CTX_load_verify_locations(context, authority, NULL) != 1)
    ok = wrong("ca", authority, _("no certificate in PEM form"), error);
  SSL_CTX_free(context);
  return ok;
}

static gboolean lay_out(const EsSiprecTls *tls, const char *name, const char *file, GError **error) {
  g_autofree char *link = g_build_filename(tls->directory, name, NULL);
  g_autofree char *target = g_canonicalize_filename(file, NULL);
  return symlink(target, link) == 0 || es_set_errno(error, errno, "%s", link);
}

EsSiprecTls *es_siprec_tls_prepare(const EsSiprecSettings *settings, GError **error) {
  if (!settings->certificate) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_INVALID,
                        _("earshot.conf: [siprec] certificate: needed to listen with tls"));
    return NULL;
  }
  if (*settings->subjects && !settings->authority) {
    g_set_error_literal(
        error, ES_ERROR, ES_ERROR_INVALID,
        _("earshot.conf: [siprec] clients: needs ca, which says whose certificates are good"));
    return NULL;
  }
  if (!look_at(settings, error))
    return NULL;
  g_autoptr(EsSiprecTls) tls = g_new0(EsSiprecTls, 1);
  if (!(tls->directory = g_dir_make_tmp("earshot-tls-XXXXXX", error)))
    return NULL;
  // Without an authority of clients its place is taken by our own certificate, which is then not asked for.
  const char *authority = settings->authority ? settings->authority : settings->certificate;
  return lay_out(tls, names[0], settings->certificate, error) && lay_out(tls, names[1], authority, error)
             ? g_steal_pointer(&tls)
             : NULL;
}

const char *es_siprec_tls_directory(const EsSiprecTls *tls) {
  return tls->directory;
}

void es_siprec_tls_free(EsSiprecTls *tls) {
  for (guint i = 0; tls->directory && i < G_N_ELEMENTS(names); i++) {
    g_autofree char *link = g_build_filename(tls->directory, names[i], NULL);
    g_unlink(link);
  }
  if (tls->directory)
    g_rmdir(tls->directory);
  g_free(tls->directory);
  g_free(tls);
}
