/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The terminal as a whole: frames that are drawn over each other, and keys that take effect without
 * Enter. However the program ends or stops, the terminal is as it was before.
 *
 * Signals can come at any time. Their handlers give the terminal back, and do nothing but what
 * signal-safety(7) allows; to take it again is for the next frame. */

#include "screen.h"

#include "terminal.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* xterm's other screen, without a cursor. */
#define ENTER "\033[?1049h\033[?25l"
/* A terminal that has no other screen is at least left empty. */
#define LEAVE "\033[m\033[H\033[J\033[?25h\033[?1049l"

#define LEAVE_PATIENCE_MS 500

/* All whose default is to end the process, and that can be caught. */
static const int ending_signals[] = {
  SIGHUP,  SIGINT,  SIGQUIT, SIGILL,    SIGTRAP, SIGABRT, SIGBUS,
  SIGFPE,  SIGUSR1, SIGSEGV, SIGUSR2,   SIGPIPE, SIGALRM, SIGTERM,
  SIGXCPU, SIGXFSZ, SIGPROF, SIGVTALRM, SIGIO,   SIGPWR,  SIGSYS,
};

static struct termios settings; /* what they were before */
static volatile sig_atomic_t has_settings;
static volatile sig_atomic_t is_entered;
static volatile sig_atomic_t is_to_be_set_up;
static gboolean is_prepared;
static guint resize_source;
static guint key_source;
static ScreenRedrawFunc redraw_func;
static ScreenKeyFunc key_func;
static gpointer func_data;

/* Whether the terminal takes something now: one that does not must not keep a signal from ending
 * the program. Async-signal-safe. */
static gboolean
is_listening (void)
{
  struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };

  return poll (&output, 1, LEAVE_PATIENCE_MS) == 1;
}

/* In the background the settings are those of the shell, which has its own again.
 * Async-signal-safe.
 */
static gboolean
is_in_background (void)
{
  pid_t foreground = tcgetpgrp (STDOUT_FILENO);

  return foreground != -1 && foreground != getpgrp ();
}

/* Async-signal-safe. */
static void
give_back (void)
{
  int errsv = errno;

  if (is_entered)
    {
      is_entered = FALSE;
      if (is_listening () && write (STDOUT_FILENO, LEAVE, strlen (LEAVE)) == -1)
        errno = 0; /* It is gone, and nothing is left to be done. */
    }
  if (has_settings)
    {
      if (!is_in_background ())
        tcsetattr (STDOUT_FILENO, TCSANOW, &settings);
      has_settings = FALSE;
    }
  is_to_be_set_up = TRUE;

  errno = errsv;
}

/* Lets the signal do what it does to a program that does not handle it. */
static void
raise_with_default (int signal_number)
{
  struct sigaction action = { .sa_handler = SIG_DFL };
  struct sigaction old_action;
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, signal_number);
  sigaction (signal_number, &action, &old_action);
  raise (signal_number);
  pthread_sigmask (SIG_UNBLOCK, &set, NULL);

  /* Only what stops the program comes here, when it goes on. */
  sigaction (signal_number, &old_action, NULL);
}

static void
on_ending_signal (int signal_number)
{
  give_back ();
  raise_with_default (signal_number);
}

static void
on_stop_signal (int signal_number)
{
  int errsv = errno;

  give_back ();
  raise_with_default (signal_number);
  /* It goes on: that draws, and so takes the terminal again. */
  raise (SIGWINCH);

  errno = errsv;
}

/* Who stopped it by SIGSTOP may have used the terminal since. */
static void
on_continue_signal (int signal_number)
{
  int errsv = errno;

  is_to_be_set_up = TRUE;
  raise (SIGWINCH);

  errno = errsv;
}

/* Unless whoever started the program has it ignored, as nohup(1) does. */
static void
handle (int signal_number, void (*handler) (int))
{
  struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART | SA_ONSTACK };
  struct sigaction old_action;

  /* Handlers of several signals that come together run one after the other. */
  sigfillset (&action.sa_mask);
  if (sigaction (signal_number, NULL, &old_action) == 0 && old_action.sa_handler != SIG_IGN)
    sigaction (signal_number, &action, NULL);
}

/* Of the whole process, and once. */
static void
prepare (void)
{
  /* A stack that has overflowed has no room for a handler. */
  static char handler_stack[65536];
  const stack_t stack = { .ss_sp = handler_stack, .ss_size = sizeof handler_stack };

  if (is_prepared)
    return;

  is_prepared = TRUE;
  sigaltstack (&stack, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (ending_signals); i++)
    handle (ending_signals[i], on_ending_signal);
  handle (SIGTSTP, on_stop_signal);
  handle (SIGCONT, on_continue_signal);
  atexit (give_back);
}

static gboolean
write_all (const char *text, gsize length)
{
  while (length > 0)
    {
      ssize_t written = write (STDOUT_FILENO, text, length);

      if (written > 0)
        {
          text += written;
          length -= (gsize) written;
        }
      else if (written == -1 && errno == EAGAIN)
        poll (&(struct pollfd){ .fd = STDOUT_FILENO, .events = POLLOUT }, 1, -1);
      else if (written == -1 && errno != EINTR)
        return FALSE;
    }

  return TRUE;
}

/* In the background this stops the process, until it is in the foreground. */
static gboolean
set_up (void)
{
  struct termios changed;

  if (!is_to_be_set_up)
    return TRUE;

  if (!has_settings)
    {
      if (tcgetattr (STDOUT_FILENO, &settings) == -1)
        return FALSE;
      has_settings = TRUE;
    }

  changed = settings;
  changed.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
  /* On a terminal that Ctrl-S has halted nothing could be given back. */
  changed.c_iflag &= ~(tcflag_t) IXON;
  changed.c_cc[VMIN] = 1;
  changed.c_cc[VTIME] = 0;
  if (tcsetattr (STDOUT_FILENO, TCSANOW, &changed) == -1)
    return FALSE;

  is_to_be_set_up = FALSE;
  is_entered = TRUE;

  return write_all (ENTER, strlen (ENTER));
}

static gboolean
on_resize (gpointer user_data)
{
  redraw_func (func_data);

  return G_SOURCE_CONTINUE;
}

typedef struct
{
  const char *sequence; /* what comes after the escape character */
  guint key;
} KeySequence;

static const KeySequence key_sequences[] = {
  { "[A", SCREEN_KEY_UP },   { "OA", SCREEN_KEY_UP },       { "[B", SCREEN_KEY_DOWN },
  { "OB", SCREEN_KEY_DOWN }, { "[5~", SCREEN_KEY_PAGE_UP }, { "[6~", SCREEN_KEY_PAGE_DOWN },
  { "[H", SCREEN_KEY_HOME }, { "OH", SCREEN_KEY_HOME },     { "[1~", SCREEN_KEY_HOME },
  { "[F", SCREEN_KEY_END },  { "OF", SCREEN_KEY_END },      { "[4~", SCREEN_KEY_END },
};

/* The key whose bytes these begin with, or 0 for one that nobody knows, and how many they are. */
static guint
get_key (const char *bytes, gsize *length)
{
  *length = 1;
  if (bytes[0] != '\033')
    return (guchar) bytes[0];

  for (guint i = 0; i < G_N_ELEMENTS (key_sequences); i++)
    if (g_str_has_prefix (bytes + 1, key_sequences[i].sequence))
      {
        *length = 1 + strlen (key_sequences[i].sequence);
        return key_sequences[i].key;
      }

  return 0;
}

static gboolean
on_keys (int fd, GIOCondition condition, gpointer user_data)
{
  char bytes[64];
  ssize_t n = read (fd, bytes, sizeof bytes - 1);

  if (n == -1 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;

  /* Nobody will type any more. */
  if (n <= 0)
    {
      key_source = 0;
      return G_SOURCE_REMOVE;
    }

  bytes[n] = '\0';
  for (gsize at = 0, length; at < (gsize) n && key_source != 0; at += length)
    {
      guint key = get_key (bytes + at, &length);

      if (key != 0)
        key_func (key, func_data);
    }

  return key_source != 0;
}

/* Until screen_leave(), with the default main context. The terminal changes with the first frame.
 */
void
screen_enter (ScreenRedrawFunc redraw, ScreenKeyFunc key_pressed, gpointer user_data)
{
  redraw_func = redraw;
  key_func = key_pressed;
  func_data = user_data;

  is_to_be_set_up = TRUE;
  prepare ();
  resize_source = g_unix_signal_add (SIGWINCH, on_resize, NULL);
  if (isatty (STDIN_FILENO))
    key_source = g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, on_keys, NULL);
}

void
screen_leave (void)
{
  g_clear_handle_id (&resize_source, g_source_remove);
  g_clear_handle_id (&key_source, g_source_remove);
  give_back ();
}

/* What is not as wide as the terminal has the rest of the line cleared; what is must not: the
 * cursor still is on its last character then. */
static char *
format_frame (GPtrArray *lines)
{
  GString *frame = g_string_new ("\033[H");
  guint columns, rows;

  terminal_get_size (STDOUT_FILENO, &columns, &rows);
  for (guint i = 0; i < MIN (lines->len, rows); i++)
    {
      g_autofree char *line = terminal_cut (g_ptr_array_index (lines, i), columns);

      if (i > 0)
        g_string_append (frame, "\r\n");
      g_string_append (frame, line);
      if (terminal_text_width (line) < columns)
        g_string_append (frame, "\033[K");
    }
  if (lines->len < rows)
    g_string_append (frame, "\r\n\033[J");

  return g_string_free (frame, FALSE);
}

/* Draws lines of text, which may be styled, as far as the terminal has room for them. */
gboolean
screen_draw (GPtrArray *lines, GError **error)
{
  g_autofree char *frame = format_frame (lines);
  g_autofree char *encoded = NULL;
  const char *charset;
  gboolean drawn;
  sigset_t set, old_set;

  if (!g_get_charset (&charset))
    encoded = g_convert_with_fallback (frame, -1, charset, "UTF-8", "?", NULL, NULL, NULL);

  /* What stops the program comes between two frames. */
  sigemptyset (&set);
  sigaddset (&set, SIGTSTP);
  sigaddset (&set, SIGCONT);
  pthread_sigmask (SIG_BLOCK, &set, &old_set);
  drawn = set_up ();
  if (drawn)
    {
      const char *text = encoded != NULL ? encoded : frame;

      /* One write, or the terminal could show half a frame. */
      drawn = write_all (text, strlen (text));
    }
  if (!drawn)
    {
      int errsv = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv),
                   _ ("Cannot draw on the terminal: %s"), g_strerror (errsv));
    }
  pthread_sigmask (SIG_SETMASK, &old_set, NULL);

  return drawn;
}
