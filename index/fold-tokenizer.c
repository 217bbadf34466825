// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The FTS5 tokenizer "earshot": es_fold_words behind fts5_api version 2. Compiled into the program and, with
// ES_SQLITE_EXTENSION, into earshot_fold.so, which lets the sqlite3 shell query a library's full text:
//   sqlite3 index.sqlite '.load .../earshot_fold.so' "SELECT rowid FROM call_text('...')"
#include "db-sqlite.h"
#include "earshot/index/fold.h"

#ifdef ES_SQLITE_EXTENSION
SQLITE_EXTENSION_INIT1
#endif

typedef int (*TokenFunc)(void *context, int flags, const char *token, int length, int start, int end);

typedef struct {
  void *context;
  TokenFunc token;
  gboolean is_document;
  int rc;
} Sink;

static gboolean pass_word(const char *word, gsize length, gsize start, gsize end, gpointer user_data) {
  Sink *sink = user_data;
  sink->rc = sink->token(sink->context, 0, word, (int)length, (int)start, (int)end);
  gsize article = sink->is_document ? es_fold_article(word, length) : 0;
  if (article && sink->rc == SQLITE_OK)
    sink->rc = sink->token(sink->context, FTS5_TOKEN_COLOCATED, word + article, (int)(length - article),
                           (int)start, (int)end);
  return sink->rc == SQLITE_OK;
}

// The tokenizer has no state of its own; FTS5 wants something that is not NULL.
static int create(void *context, const char **arguments, int count, Fts5Tokenizer **tokenizer) {
  static char stateless;
  *tokenizer = (Fts5Tokenizer *)&stateless;
  return SQLITE_OK;
}

static void delete (Fts5Tokenizer *tokenizer) {
}

static int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int length,
                    TokenFunc token) {
  Sink sink = {context, token, (flags & FTS5_TOKENIZE_QUERY) == 0, SQLITE_OK};
  if (text && length > 0)
    es_fold_words(text, (gsize)length, pass_word, &sink);
  return sink.rc;
}

int es_fold_tokenizer_register(sqlite3 *handle) {
  fts5_api *api = NULL;
  sqlite3_stmt *statement = NULL;
  int rc = sqlite3_prepare_v2(handle, "SELECT fts5(?1)", -1, &statement, NULL);
  if (rc != SQLITE_OK)
    return rc;
  sqlite3_bind_pointer(statement, 1, (void *)&api, "fts5_api_ptr", NULL);
  sqlite3_step(statement);
  rc = sqlite3_finalize(statement);
  if (rc != SQLITE_OK)
    return rc;
  if (!api || api->iVersion < 2)
    return SQLITE_ERROR;
  static fts5_tokenizer tokenizer = {create, delete, tokenize};
  return api->xCreateTokenizer(api, "earshot", NULL, &tokenizer, NULL);
}

#ifdef ES_SQLITE_EXTENSION
int sqlite3_extension_init(sqlite3 *handle, char **message, const sqlite3_api_routines *api);
__attribute__((visibility("default"))) int sqlite3_extension_init(sqlite3 *handle, char **message,
                                                                  const sqlite3_api_routines *api) {
  SQLITE_EXTENSION_INIT2(api);
  return es_fold_tokenizer_register(handle);
}
#endif
