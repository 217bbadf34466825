// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The terminal as a whole screen (see tty.h). Signals write their number into a pipe that es_tty_wait reads;
// what the handlers do themselves (restoring the terminal of a program that dies) is write and tcsetattr,
// which are safe there. The sequences are those of ECMA-48 and of xterm, which every terminal in use obeys.
#include "tty.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE_WAIT_MS 100 // a sequence comes in few pieces; an escape that is alone this long is the key
#define BUFFER 256

// Alternate screen, no wrapping at the edge, pasted text marked; and back, with the cursor shown and no
// colours.
#define ENTER "\033[?1049h\033[?7l\033[?2004h\033[2J"
#define LEAVE "\033[0m\033[?2004l\033[?7h\033[?25h\033[?1049l"
// Terminals that know it show what is written in between at once.
#define BEGIN_FRAME "\033[?2026h\033[?25l"
#define END_FRAME "\033[?2026l"

static const int told[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT};
// Crashes (SIGTRAP is GLib's way to abort), and what ends a program that does not ask for it.
static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS,  SIGFPE,  SIGILL, SIGTRAP,
                             SIGSYS,  SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2};

// Written before the handlers are there, and only by the thread that draws.
static struct {
  gboolean open;
  struct termios before;
  int pipe[2];
  struct sigaction old_told[G_N_ELEMENTS(told)], old_deadly[G_N_ELEMENTS(deadly)];
  guint8 bytes[BUFFER];
  gsize n_bytes;
  GPtrArray *shown; // of char *
} tty = {.pipe = {-1, -1}};

gboolean es_tty_is_able(void) {
  const char *term = g_getenv("TERM");
  return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term != NULL && *term != '\0' &&
         strcmp(term, "dumb") != 0;
}

// Safe in a signal handler.
static void put(const char *text, gsize n) {
  while (n > 0) {
    ssize_t written = write(STDOUT_FILENO, text, n);
    if (written < 0 && errno != EINTR)
      return;
    text += MAX(written, 0);
    n -= (gsize)MAX(written, 0);
  }
}

static void enter(void) {
  struct termios raw = tty.before;
  raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IXON | ISTRIP | BRKINT);
  raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
  put(ENTER, strlen(ENTER));
}

static void leave(void) {
  put(LEAVE, strlen(LEAVE));
  tcsetattr(STDIN_FILENO, TCSADRAIN, &tty.before);
}

static void tell(int number) {
  int kept = errno;
  guint8 byte = (guint8)number;
  if (write(tty.pipe[1], &byte, 1) < 0) // full: whoever reads it has enough to do
    errno = kept;
  errno = kept;
}

static void die(int number) {
  leave();
  signal(number, SIG_DFL);
  raise(number);
}

// A sanitizer's handlers stay: they tell more.
static void catch_signals(void) {
  struct sigaction action = {.sa_handler = tell, .sa_flags = SA_RESTART};
  for (gsize i = 0; i < G_N_ELEMENTS(told); i++)
    sigaction(told[i], &action, &tty.old_told[i]);
  action = (struct sigaction){.sa_handler = die};
  for (gsize i = 0; i < G_N_ELEMENTS(deadly); i++) {
    sigaction(deadly[i], NULL, &tty.old_deadly[i]);
    if (tty.old_deadly[i].sa_handler == SIG_DFL)
      sigaction(deadly[i], &action, NULL);
  }
}

static void release_signals(void) {
  for (gsize i = 0; i < G_N_ELEMENTS(told); i++)
    sigaction(told[i], &tty.old_told[i], NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(deadly); i++)
    sigaction(deadly[i], &tty.old_deadly[i], NULL);
}

void es_tty_end(void) {
  if (!tty.open)
    return;
  tty.open = FALSE;
  leave();
  release_signals();
  close(tty.pipe[0]);
  close(tty.pipe[1]);
  g_clear_pointer(&tty.shown, g_ptr_array_unref);
}

gboolean es_tty_begin(GError **error) {
  static gboolean at_exit;
  if (tcgetattr(STDIN_FILENO, &tty.before) != 0)
    return es_set_errno(error, errno, "%s", _("standard input"));
  if (pipe2(tty.pipe, O_CLOEXEC | O_NONBLOCK) != 0)
    return es_set_errno(error, errno, "pipe");
  if (!at_exit)
    atexit(es_tty_end);
  at_exit = tty.open = TRUE;
  tty.n_bytes = 0;
  tty.shown = g_ptr_array_new_with_free_func(g_free);
  catch_signals();
  enter();
  return TRUE;
}

void es_tty_size(int *columns, int *rows) {
  struct winsize size;
  gboolean known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
  *columns = known ? MIN(size.ws_col, 1000) : 80;
  *rows = known ? MIN(size.ws_row, 1000) : 24;
}

static void draw_row(GString *out, guint i, const char *text) {
  if (i < tty.shown->len && strcmp(g_ptr_array_index(tty.shown, i), text) == 0)
    return;
  g_string_append_printf(out, "\033[%u;1H\033[0m\033[2K%s", i + 1, text);
  if (i < tty.shown->len) {
    g_free(tty.shown->pdata[i]);
    tty.shown->pdata[i] = g_strdup(text);
  } else {
    g_ptr_array_add(tty.shown, g_strdup(text));
  }
}

void es_tty_draw(const GPtrArray *rows, int cursor_row, int cursor_column) {
  g_autoptr(GString) out = g_string_new(BEGIN_FRAME);
  for (guint i = 0; i < rows->len; i++)
    draw_row(out, i, g_ptr_array_index(rows, i));
  for (guint i = rows->len; i < tty.shown->len; i++)
    draw_row(out, i, "");
  if (cursor_row >= 0)
    g_string_append_printf(out, "\033[0m\033[%d;%dH\033[?25h", cursor_row + 1, cursor_column + 1);
  g_string_append(out, END_FRAME);
  put(out->str, out->len);
}

// ---- waiting

void es_tty_forget(void) {
  g_ptr_array_set_size(tty.shown, 0);
  put("\033[2J", strlen("\033[2J"));
}

static EsTtyEvent show_again(void) {
  es_tty_forget();
  return ES_TTY_RESIZED;
}

// Stops as a program does that leaves Ctrl-Z to the terminal, together with the script that runs it; goes on
// when it is brought back, and at once where no shell could bring it back (ssh HOST earshot …).
static EsTtyEvent suspend(void) {
  const struct sigaction plain = {.sa_handler = SIG_DFL};
  struct sigaction kept;
  leave();
  sigaction(SIGTSTP, &plain, &kept);
  kill(0, SIGTSTP);
  sigaction(SIGTSTP, &kept, NULL);
  enter();
  return show_again();
}

static gboolean take_signal(EsTtyEvent *event) {
  guint8 number;
  if (read(tty.pipe[0], &number, 1) != 1)
    return FALSE;
  if (number == SIGTSTP)
    *event = suspend();
  else if (number == SIGWINCH)
    *event = show_again();
  else if (number == SIGCONT) { // stopped from outside, the terminal may have changed hands meanwhile
    enter();
    *event = show_again();
  } else
    *event = ES_TTY_ENDED;
  return TRUE;
}

static gboolean take_key(gboolean complete, gunichar *key) {
  gsize used = es_keys_decode(tty.bytes, tty.n_bytes, complete, key);
  memmove(tty.bytes, tty.bytes + used, tty.n_bytes - used);
  tty.n_bytes -= used;
  return used > 0;
}

// FALSE at the end of input.
static gboolean read_bytes(void) {
  ssize_t n = read(STDIN_FILENO, tty.bytes + tty.n_bytes, BUFFER - tty.n_bytes);
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return TRUE;
  tty.n_bytes += (gsize)MAX(n, 0);
  return n > 0;
}

gboolean es_tty_is_behind(void) {
  struct pollfd fd = {tty.pipe[0], POLLIN, 0};
  return tty.n_bytes > 0 || poll(&fd, 1, 0) > 0;
}

// A key that is the terminal's own.
static EsTtyEvent press(gunichar key) {
  return key == ES_KEY_SUSPEND ? suspend() : key == ES_KEY_REDRAW ? show_again() : ES_TTY_KEY;
}

EsTtyEvent es_tty_wait(int timeout_ms, int fd, gunichar *key) {
  EsTtyEvent event;
  for (;;) {
    if (take_signal(&event))
      return event;
    if (tty.n_bytes > 0 && take_key(FALSE, key))
      return press(*key);
    gboolean begun = tty.n_bytes > 0;
    struct pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {tty.pipe[0], POLLIN, 0}, {fd, POLLIN, 0}};
    int n = poll(fds, fd >= 0 ? 3 : 2, begun ? ESCAPE_WAIT_MS : timeout_ms);
    if (n < 0 && errno != EINTR)
      return ES_TTY_ENDED;
    if (n == 0 && begun && take_key(TRUE, key))
      return ES_TTY_KEY;
    if (n == 0)
      return ES_TTY_TIME;
    if (fds[0].revents != 0 && !read_bytes())
      return ES_TTY_ENDED;
    if (n > 0 && fds[0].revents == 0 && fds[1].revents == 0)
      return ES_TTY_TIME;
  }
}
