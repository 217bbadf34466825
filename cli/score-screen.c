// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The evaluator's screen (see score-screen.h): one key after the other, each changes the sheet, the sound or
// what is shown. What is answered or written is kept before the next key is read.
#include "score-screen.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "score-marks.h"
#include "score-view.h"
#include "text.h"
#include "tty.h"

#include <stdlib.h>
#include <string.h>

#define STEP_MS 5000
#define SPEED_STEP 0.25
#define PLAYING_TICK_MS 100
#define RESTING_TICK_MS 1000
#define SAVE_EVERY_MS 30000 // where the listener is, when nothing else is saved

typedef enum {
  TYPING_NOTHING,
  TYPING_COMMENT,
  TYPING_CALL_COMMENT,
  TYPING_CHANGE, // of the last comment
  TYPING_NOTE,
  TYPING_NUMBER,
  TYPING_DIGITS, // of an answer that may go on: 1, or 10
  ASKING_QUIT,
} Typing;

typedef struct {
  const EsDesk *desk;
  EsScoreView view;
  GArray *marks;
  Typing typing;
  EsLineEdit edit;
  gint64 comment_ms; // of the moment that is being commented on
  char *prompt, *message;
  char *kept[TYPING_CALL_COMMENT + 1]; // texts that were not stored: Escape must not lose them
  gint64 saved_ms;                     // the position that the draft holds
  gboolean pasting;                    // what comes is not typed
  gboolean over;
  EsDeskEnd end;
} Screen;

static void say(Screen *screen, char *message) {
  g_free(screen->message);
  screen->message = message;
}

static guint at(const Screen *screen) {
  return es_sheet_at(screen->desk->sheet);
}

static gint64 position(const Screen *screen) {
  return screen->desk->sound != NULL ? es_sound_position_ms(screen->desk->sound) : ES_UNKNOWN;
}

static gboolean save(Screen *screen) {
  char *problem = screen->desk->save(screen->desk->sheet, position(screen), screen->desk->user_data);
  screen->saved_ms = position(screen);
  if (problem != NULL)
    say(screen, problem);
  return problem == NULL;
}

// ---- typing

static void begin_typing(Screen *screen, Typing typing, char *prompt, const char *text) {
  es_line_edit_clear(&screen->edit);
  es_line_edit_begin(&screen->edit, text != NULL ? text : "");
  g_free(screen->prompt);
  screen->prompt = prompt;
  screen->typing = typing;
}

static void end_typing(Screen *screen) {
  es_line_edit_clear(&screen->edit);
  g_clear_pointer(&screen->prompt, g_free);
  screen->typing = TYPING_NOTHING;
}

static void ask_quit(Screen *screen) {
  g_free(screen->prompt);
  screen->prompt =
      g_strdup(_("Leave this call? y: the draft stays   d: throw the draft away   any other key: go on"));
  screen->typing = ASKING_QUIT;
}

static void comment_here(Screen *screen) {
  if (screen->desk->sound == NULL) {
    say(screen, g_strdup(_("the call has no recording; w comments on the whole call")));
    return;
  }
  screen->comment_ms = position(screen) / 1000 * 1000;
  g_autofree char *moment = es_duration_format(screen->comment_ms, FALSE);
  begin_typing(screen, TYPING_COMMENT, g_strdup_printf(_("comment at %s:"), moment),
               screen->kept[TYPING_COMMENT]);
}

static void change_comment(Screen *screen) {
  const EsSheet *sheet = screen->desk->sheet;
  gint64 at_ms;
  if (es_sheet_comments(sheet) == 0) {
    say(screen, g_strdup(_("there is no comment yet; c writes one")));
    return;
  }
  const char *text = es_sheet_comment(sheet, es_sheet_comments(sheet) - 1, &at_ms);
  begin_typing(screen, TYPING_CHANGE, g_strdup(_("last comment (empty: none):")), text);
}

static void go_to(Screen *screen, guint i) {
  es_sheet_go(screen->desk->sheet, MIN(i, es_sheet_count(screen->desk->sheet) - 1));
  screen->view.mode = ES_VIEW_QUESTION;
}

static void go_to_number(Screen *screen, const char *text) {
  g_autofree char *digits = es_digits_to_ascii(text);
  guint64 number;
  guint count = es_sheet_count(screen->desk->sheet);
  if (g_ascii_string_to_unsigned(digits, 10, 1, count, &number, NULL))
    go_to(screen, (guint)number - 1);
  else
    say(screen, g_strdup_printf(_("the questions are numbered 1 to %u"), count));
}

// ---- answering

static void look_or_go_on(Screen *screen) {
  EsSheet *sheet = screen->desk->sheet;
  if (at(screen) + 1 < es_sheet_count(sheet))
    go_to(screen, at(screen) + 1);
  else if (es_sheet_first_open(sheet) < es_sheet_count(sheet))
    go_to(screen, es_sheet_first_open(sheet));
  else
    say(screen, g_strdup(_("everything is answered; f takes a last look and stores it")));
}

static void answer(Screen *screen, const char *value) {
  if (!es_sheet_set(screen->desk->sheet, at(screen), value)) {
    say(screen, g_strdup(_("this question always applies")));
    return;
  }
  look_or_go_on(screen);
  save(screen);
}

// How many options' keys begin with what was typed; *exact is the one that it is, or -1.
static guint matches(JsonObject *question, const char *typed, int *exact) {
  guint n = 0;
  *exact = -1;
  for (guint i = 0; i < json_array_get_length(es_reply_array(question, "options")); i++) {
    g_autofree char *key = es_view_key(question, i);
    n += g_str_has_prefix(key, typed);
    if (strcmp(key, typed) == 0)
      *exact = (int)i;
  }
  return n;
}

static void answer_option(Screen *screen, int option) {
  JsonArray *options = es_reply_array(es_sheet_question(screen->desk->sheet, at(screen)), "options");
  answer(screen, es_reply_text(es_reply_object_at(options, (guint)option), "value"));
}

// FALSE if the key answers nothing.
static gboolean take_answer(Screen *screen, gunichar key) {
  char typed[] = {key < 0x80 ? (char)key : '\0', '\0'};
  int exact;
  if (typed[0] != 'y' && typed[0] != 'n' && !g_ascii_isdigit(typed[0]))
    return FALSE;
  guint n = matches(es_sheet_question(screen->desk->sheet, at(screen)), typed, &exact);
  if (n > 1 || (n == 1 && exact < 0))
    begin_typing(screen, TYPING_DIGITS, g_strdup(_("answer (Enter when it is complete):")), typed);
  else if (exact >= 0)
    answer_option(screen, exact);
  else
    say(screen, g_strdup_printf(_("“%s” is not one of the answers"), typed));
  return TRUE;
}

static void take_digits(Screen *screen, const char *text) {
  int exact;
  g_autofree char *digits = es_digits_to_ascii(text);
  matches(es_sheet_question(screen->desk->sheet, at(screen)), digits, &exact);
  if (exact >= 0)
    answer_option(screen, exact);
  else
    say(screen, g_strdup_printf(_("“%s” is not one of the answers"), text));
}

static void finish(Screen *screen) {
  EsSheet *sheet = screen->desk->sheet;
  guint open = es_sheet_count(sheet) - es_sheet_answered(sheet);
  if (open > 0) {
    go_to(screen, es_sheet_first_open(sheet));
    say(screen, g_strdup_printf(_("questions without an answer: %u; this is the first"), open));
    return;
  }
  screen->view.mode = ES_VIEW_LOOK;
  screen->view.scroll = 0;
}

// What was typed is taken over.
static void enter(Screen *screen) {
  g_autofree char *text = g_strstrip(g_strdup(screen->edit.text->str));
  Typing typing = screen->typing;
  EsSheet *sheet = screen->desk->sheet;
  end_typing(screen);
  if (typing <= TYPING_CALL_COMMENT)
    g_clear_pointer(&screen->kept[typing], g_free);
  if (typing == TYPING_NUMBER)
    go_to_number(screen, text);
  else if (typing == TYPING_DIGITS)
    take_digits(screen, text);
  else if (typing == TYPING_NOTE)
    es_sheet_set_note(sheet, at(screen), text);
  else if (typing == TYPING_CHANGE)
    es_sheet_change_comment(sheet, es_sheet_comments(sheet) - 1, text);
  else if (*text != '\0')
    es_sheet_add_comment(sheet, typing == TYPING_COMMENT ? screen->comment_ms : ES_UNKNOWN, text);
  if (typing <= TYPING_NOTE && save(screen) && *text != '\0')
    say(screen, g_strdup(_("noted")));
}

static void escape(Screen *screen) {
  if (screen->typing <= TYPING_CALL_COMMENT && screen->edit.text->len > 0) {
    g_free(screen->kept[screen->typing]);
    screen->kept[screen->typing] = g_strdup(screen->edit.text->str);
    say(screen, g_strdup(_("not stored; the same key brings the text back")));
  }
  end_typing(screen);
}

static void type_key(Screen *screen, gunichar key) {
  if (key == ES_KEY_ENTER)
    enter(screen);
  else if (key == ES_KEY_ESCAPE || key == ES_KEY_INTERRUPT)
    escape(screen);
  else if (es_line_edit_key(&screen->edit, key) && screen->typing == TYPING_DIGITS) {
    int exact;
    g_autofree char *digits = es_digits_to_ascii(screen->edit.text->str);
    if (matches(es_sheet_question(screen->desk->sheet, at(screen)), digits, &exact) == 1 && exact >= 0)
      enter(screen);
  }
  if (screen->typing != TYPING_NOTHING && es_line_edit_is_full(&screen->edit))
    say(screen, g_strdup(_("no more fits in one text; what comes is left aside")));
}

// Pasted text goes into the line, line ends as spaces; where nothing is being written it would press keys.
static void paste_key(Screen *screen, gunichar key) {
  if (screen->typing == TYPING_NOTHING || screen->typing == ASKING_QUIT)
    say(screen, g_strdup(_("text is pasted into a comment or a note: c, w or m first")));
  else if (key == ES_KEY_ENTER || key == ES_KEY_TAB)
    type_key(screen, ' ');
  else if (key < ES_KEY_FIRST)
    type_key(screen, key);
}

static void leave(Screen *screen, EsDeskEnd end) {
  screen->over = TRUE;
  screen->end = end;
}

static void answer_quit(Screen *screen, gunichar key) {
  end_typing(screen);
  if (key == 'y' || key == 's')
    leave(screen, ES_DESK_LEFT);
  else if (key == 'd')
    leave(screen, ES_DESK_THROWN);
}

// ---- sound

static void tell_error(Screen *screen, GError *error) {
  say(screen, g_error_matches(error, ES_ERROR, ES_ERROR_UNSUPPORTED)
                  ? g_strdup(_("no sound device here: l gives an address for the browser on your own desk"))
                  : g_strdup(error->message));
  g_error_free(error);
}

static void jump(Screen *screen, gboolean forward) {
  GError *error = NULL;
  const EsMark *mark = es_marks_find(screen->marks, position(screen), forward);
  if (mark == NULL) {
    say(screen, g_strdup(_("no talk-over, dead air or gap in that direction")));
    return;
  }
  g_autofree char *moment = es_duration_format(mark->start_ms, FALSE);
  say(screen, g_strdup_printf(_("%s at %s, %.1f s"), mark->what, moment, (double)mark->length_ms / 1000));
  if (!es_sound_seek(screen->desk->sound, es_mark_listen_ms(mark), &error))
    tell_error(screen, error);
}

static void listen_elsewhere(Screen *screen) {
  GError *error = NULL;
  EsSound *sound = screen->desk->sound;
  if (es_sound_url(sound) == NULL && !es_sound_listen(sound, 0, &error))
    tell_error(screen, error);
  else
    say(screen,
        g_strdup(_("open this address in a browser on your desk; over ssh, forward its port with -L")));
}

// FALSE if the key is none of the sound's.
static gboolean sound_key(Screen *screen, gunichar key) {
  EsSound *sound = screen->desk->sound;
  GError *error = NULL;
  gboolean ok = TRUE;
  if (sound == NULL)
    return FALSE;
  if (key == ' ') {
    ok = es_sound_play(sound, !es_sound_is_playing(sound), &error);
    es_tty_forget(); // sound libraries write to standard error
  } else if (key == ES_KEY_LEFT || key == ',')
    ok = es_sound_seek(sound, position(screen) - STEP_MS, &error);
  else if (key == ES_KEY_RIGHT || key == '.')
    ok = es_sound_seek(sound, position(screen) + STEP_MS, &error);
  else if (key == ES_KEY_HOME)
    ok = es_sound_seek(sound, 0, &error);
  else if (key == '+' || key == '=')
    ok = es_sound_set_speed(sound, es_sound_speed(sound) + SPEED_STEP, &error);
  else if (key == '-' || key == '_')
    ok = es_sound_set_speed(sound, es_sound_speed(sound) - SPEED_STEP, &error);
  else if (key == 't' || key == 'r')
    jump(screen, key == 't');
  else if (key == 'l')
    listen_elsewhere(screen);
  else
    return FALSE;
  if (!ok)
    tell_error(screen, error);
  return TRUE;
}

// ---- keys

static void move(Screen *screen, int by) {
  if (by < 0 && at(screen) > 0)
    go_to(screen, at(screen) - 1);
  else if (by > 0 && at(screen) + 1 < es_sheet_count(screen->desk->sheet))
    go_to(screen, at(screen) + 1);
}

static void question_key(Screen *screen, gunichar key) {
  EsSheet *sheet = screen->desk->sheet;
  if (key == ES_KEY_UP || key == 'b')
    move(screen, -1);
  else if (key == ES_KEY_DOWN || key == ES_KEY_ENTER)
    move(screen, 1);
  else if (key == 'a')
    answer(screen, "na");
  else if (key == 'c')
    comment_here(screen);
  else if (key == 'w')
    begin_typing(screen, TYPING_CALL_COMMENT, g_strdup(_("comment on the whole call:")),
                 screen->kept[TYPING_CALL_COMMENT]);
  else if (key == 'e')
    change_comment(screen);
  else if (key == 'm')
    begin_typing(screen, TYPING_NOTE, g_strdup(_("note behind this answer:")),
                 es_sheet_note(sheet, at(screen)));
  else if (key == 'i')
    screen->view.guidance = !screen->view.guidance;
  else if (key == 's') {
    if (save(screen))
      say(screen, g_strdup(_("the draft is saved")));
  } else if (key == 'f')
    finish(screen);
  else if (key == '?')
    screen->view.mode = ES_VIEW_HELP;
  else if (!take_answer(screen, key) && key < ES_KEY_FIRST)
    say(screen, g_strdup(_("this key does nothing here; ? shows those that do")));
}

static void page_key(Screen *screen, gunichar key) {
  if (key == ES_KEY_DOWN || key == ES_KEY_PAGE_DOWN)
    screen->view.scroll += key == ES_KEY_DOWN ? 1 : 10;
  else if (key == ES_KEY_UP || key == ES_KEY_PAGE_UP)
    screen->view.scroll -= MIN(screen->view.scroll, key == ES_KEY_UP ? 1u : 10u);
  else if (screen->view.mode == ES_VIEW_LOOK && (key == ES_KEY_ENTER || key == 'f'))
    leave(screen, ES_DESK_STORE);
  else if (screen->view.mode == ES_VIEW_LOOK && key == '?')
    screen->view.mode = ES_VIEW_HELP;
  else
    screen->view.mode = ES_VIEW_QUESTION;
  if (screen->view.mode == ES_VIEW_HELP && key == '?')
    screen->view.scroll = 0;
}

static void take_key(Screen *screen, gunichar key) {
  gunichar latin = es_key_latin(key);
  if (key == ES_KEY_PASTE || key == ES_KEY_PASTED) {
    screen->pasting = key == ES_KEY_PASTE;
    return;
  }
  say(screen, NULL);
  if (screen->pasting) {
    paste_key(screen, key);
    return;
  }
  if (g_unichar_isupper(latin))
    latin = g_unichar_tolower(latin);
  if (screen->typing == ASKING_QUIT)
    answer_quit(screen, latin);
  else if (screen->typing != TYPING_NOTHING)
    type_key(screen, key);
  else if (key == ES_KEY_INTERRUPT || latin == 'q')
    ask_quit(screen);
  else if (latin == 'j')
    begin_typing(screen, TYPING_NUMBER, g_strdup(_("go to question:")), NULL);
  else if (screen->view.mode != ES_VIEW_QUESTION)
    page_key(screen, latin);
  else if (!sound_key(screen, latin))
    question_key(screen, latin);
}

// ---- showing

static void draw(Screen *screen) {
  const EsSound *sound = screen->desk->sound;
  EsScoreView *view = &screen->view;
  int row, column;
  es_tty_size(&view->screen.width, &view->rows);
  view->message = screen->message;
  view->prompt = screen->prompt;
  view->edit = screen->typing != TYPING_NOTHING && screen->typing != ASKING_QUIT ? &screen->edit : NULL;
  if (sound != NULL) {
    view->position_ms = es_sound_position_ms(sound);
    view->playing = es_sound_is_playing(sound);
    view->speed = es_sound_speed(sound);
    view->url = es_sound_url(sound);
  }
  g_autoptr(GPtrArray) rows = es_score_view_draw(view, &row, &column);
  es_tty_draw(rows, row, column);
}

static void watch_sound(Screen *screen) {
  GError *error = NULL;
  if (screen->desk->sound == NULL)
    return;
  if (!es_sound_poll(screen->desk->sound, &error))
    tell_error(screen, error);
  if (ABS(position(screen) - screen->saved_ms) >= SAVE_EVERY_MS && !es_sheet_is_empty(screen->desk->sheet))
    save(screen);
}

// The line to the evaluator may have broken in the middle of a sentence.
static void end(Screen *screen) {
  if (screen->typing > TYPING_NOTHING && screen->typing <= TYPING_NOTE)
    enter(screen);
  leave(screen, ES_DESK_ENDED);
}

static void run(Screen *screen) {
  while (!screen->over) {
    const EsSound *sound = screen->desk->sound;
    gboolean playing = sound != NULL && es_sound_is_playing(sound);
    gunichar key;
    if (!es_tty_is_behind())
      draw(screen);
    EsTtyEvent event = es_tty_wait(playing ? PLAYING_TICK_MS : RESTING_TICK_MS,
                                   sound != NULL ? es_sound_fd(sound) : -1, &key);
    if (event == ES_TTY_KEY)
      take_key(screen, key);
    else if (event == ES_TTY_ENDED)
      end(screen);
    watch_sound(screen);
  }
}

gboolean es_score_screen(const EsDesk *desk, EsDeskEnd *end, GError **error) {
  Screen screen = {.desk = desk, .saved_ms = desk->sound != NULL ? es_sound_position_ms(desk->sound) : 0};
  screen.view = (EsScoreView){.call = desk->call,
                              .rubric = desk->rubric,
                              .sheet = desk->sheet,
                              .screen = *desk->screen,
                              .guidance = TRUE,
                              .work = desk->work,
                              .audio = desk->sound != NULL,
                              .speed = 1};
  if (!es_tty_begin(error))
    return FALSE;
  screen.marks = es_marks_new(desk->call);
  screen.message = g_strdup(desk->greeting);
  go_to(&screen, es_sheet_first_open(desk->sheet));
  run(&screen);
  if (!es_sheet_is_empty(desk->sheet) && screen.end != ES_DESK_THROWN)
    save(&screen);
  es_tty_end();
  *end = screen.end;
  end_typing(&screen);
  g_free(screen.message);
  for (gsize i = 0; i < G_N_ELEMENTS(screen.kept); i++)
    g_free(screen.kept[i]);
  g_array_unref(screen.marks);
  return TRUE;
}
