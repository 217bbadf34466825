// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The pager (see pager.h). What less needs is asked for in the environment, as users may have set it
// otherwise: F to end when all fits, R for colours, X to leave the text on the screen.
#include "pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static char **pager_words(void) {
  const char *pager = g_getenv("PAGER");
  char **words = NULL;
  if (pager == NULL)
    pager = "less";
  if (!g_shell_parse_argv(pager, NULL, &words, NULL))
    return NULL;
  g_autofree char *program = g_find_program_in_path(words[0]);
  if (program != NULL && !g_str_equal(words[0], "cat"))
    return words;
  g_strfreev(words);
  return NULL;
}

static char **pager_environment(const EsScreen *screen) {
  char **environment = g_environ_setenv(g_get_environ(), "LESS", "FRX", FALSE);
  return screen->utf8 ? g_environ_setenv(environment, "LESSCHARSET", "utf-8", FALSE) : environment;
}

void es_pager_begin(EsContext *context) {
  int input = -1;
  if (!context->screen.terminal || es_context_has(context, "no-pager"))
    return;
  g_auto(GStrv) words = pager_words();
  g_auto(GStrv) environment = pager_environment(&context->screen);
  if (words == NULL ||
      !g_spawn_async_with_pipes(NULL, words, environment, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
                                NULL, NULL, &context->pager, &input, NULL, NULL, NULL))
    return;
  fflush(stdout);
  context->terminal_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  dup2(input, STDOUT_FILENO);
  close(input);
  signal(SIGINT, SIG_IGN); // it is the pager's
}

void es_pager_end(EsContext *context) {
  if (context->pager == 0)
    return;
  fflush(stdout);
  dup2(context->terminal_fd, STDOUT_FILENO);
  close(context->terminal_fd);
  while (waitpid(context->pager, NULL, 0) < 0 && errno == EINTR)
    ;
  context->pager = 0;
}
