/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood info: everything that is known of a queue. */

#include "commands.h"
#include "figures.h"
#include "json.h"
#include "openers.h"
#include "report.h"

#include <glib/gi18n.h>
#include <unistd.h>

#define BAR_WIDTH 20

static gboolean as_json;

static const GOptionEntry options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("Write a JSON array"), NULL },
  G_OPTION_ENTRY_NULL,
};

static const Example examples[] = {
  { "mood info /jobs", N_ ("Tells everything about the queue") },
  { "mood info jobs --json | jq '.[0].open_in'", N_ ("Tells which processes have it open") },
  { NULL, NULL },
};

static void
print_line (const char *title, const char *text)
{
  const guint width = 14;
  g_autofree char *styled = terminal_style (STDOUT_FILENO, TERMINAL_STYLE_FAINT, title);
  guint title_width = terminal_text_width (title);

  g_print ("  %s%*s  %s\n", styled, (int) (MAX (title_width, width) - title_width), "", text);
}

static void
print_number (const char *title, gint64 number)
{
  g_autofree char *text = figures_format_number (number);

  print_line (title, text);
}

static void
print_time (const char *title, gint64 seconds)
{
  g_autoptr (GDateTime) time = NULL;
  g_autofree char *text = NULL;

  if (seconds != -1)
    time = g_date_time_new_from_unix_local (seconds);
  /* Somebody may have set one that no calendar has. */
  if (time != NULL)
    text = g_date_time_format (time, "%Y-%m-%d %H:%M:%S %z");
  print_line (title, text != NULL ? text : "-");
}

static void
print_depth (const Figures *figures)
{
  g_autofree char *depth = figures_format_depth (figures);
  g_autofree char *bar = figures_format_bar (figures, BAR_WIDTH);
  g_autofree char *styled = terminal_style (STDOUT_FILENO, figures_get_depth_style (figures), bar);
  g_autofree char *text = g_strdup_printf ("%s  %s", depth, styled);

  print_line (_ ("messages"), g_strchomp (text));
}

static char *
format_openers (GArray *openers, gboolean is_complete)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < openers->len; i++)
    {
      const Opener *opener = &g_array_index (openers, Opener, i);
      g_autofree char *process = figures_format_process (opener->pid);

      g_string_append_printf (text, "%s%s%s%s", i > 0 ? ", " : "", process,
                              opener->reads ? " r" : " ", opener->writes ? "w" : "");
      g_strchomp (text->str);
      text->len = strlen (text->str);
    }
  if (openers->len == 0)
    g_string_append (text, is_complete ? _ ("no process") : _ ("no process that may be looked at"));
  else if (!is_complete)
    g_string_append (text, _ (", and perhaps others that may not be looked at"));

  return g_string_free (text, FALSE);
}

static void
print_for_people (const Figures *figures, GArray *openers, gboolean is_complete)
{
  g_autoptr (MoodLimits) limits = mood_limits_get ();
  g_autofree char *name =
      terminal_style (STDOUT_FILENO, TERMINAL_STYLE_STRONG, figures->display_name);
  g_autofree char *letters = figures_format_mode (figures);
  g_autofree char *mode = g_strdup_printf ("%s (%04o)", letters, figures->mode & 07777);
  g_autofree char *owner = figures_format_owner (figures);
  g_autofree char *notify = figures->notify_pid > 0 ? figures_format_process (figures->notify_pid)
                            : figures->notify_pid == 0 ? g_strdup (_ ("nobody"))
                                                       : g_strdup ("-");
  g_autofree char *open_in = format_openers (openers, is_complete);

  g_print ("%s\n", name);
  print_depth (figures);
  print_number (_ ("bytes"), figures->queued_bytes);
  print_number (_ ("msgsize"), figures->msgsize);
  if (figures->maxmsg != -1)
    print_number (_ ("charged bytes"),
                  (gint64) mood_limits_required_bytes (limits, figures->maxmsg, figures->msgsize));
  print_line (_ ("mode"), mode);
  print_line (_ ("owner"), owner);
  print_line (_ ("notifies"), notify);
  print_line (_ ("open in"), open_in);
  print_time (_ ("last message"), figures->mtime);
  print_time (_ ("last access"), figures->atime);
  print_time (_ ("last change"), figures->ctime);
  print_number (_ ("inode"), (gint64) figures->inode);
}

static void
add_json (JsonBuilder *builder, const Figures *figures, GArray *openers, gboolean is_complete)
{
  g_autoptr (MoodLimits) limits = mood_limits_get ();

  json_builder_begin_object (builder);
  figures_add_json (figures, builder);
  json_add_number (builder, "charged_bytes",
                   figures->maxmsg == -1
                       ? -1
                       : (gint64) mood_limits_required_bytes (limits, figures->maxmsg,
                                                              figures->msgsize));

  json_builder_set_member_name (builder, "open_in");
  json_builder_begin_array (builder);
  for (guint i = 0; i < openers->len; i++)
    {
      const Opener *opener = &g_array_index (openers, Opener, i);

      json_builder_begin_object (builder);
      json_add_number (builder, "pid", opener->pid);
      json_builder_set_member_name (builder, "reads");
      json_builder_add_boolean_value (builder, opener->reads);
      json_builder_set_member_name (builder, "writes");
      json_builder_add_boolean_value (builder, opener->writes);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "open_in_is_complete");
  json_builder_add_boolean_value (builder, is_complete);
  json_builder_end_object (builder);
}

static ExitStatus
run (char **arguments, GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  ExitStatus status = EXIT_STATUS_SUCCESS;
  gboolean is_first = TRUE;

  json_builder_begin_array (builder);
  for (char **argument = arguments; *argument != NULL; argument++)
    {
      g_autoptr (GError) local_error = NULL;
      g_autoptr (Figures) figures = figures_of (*argument, &local_error);
      g_autoptr (GArray) openers = NULL;
      gboolean is_complete;

      if (figures == NULL)
        {
          status = exit_status_worse (status, report_error (local_error));
          continue;
        }

      openers = openers_find (figures->name, figures->inode, &is_complete);
      if (as_json)
        add_json (builder, figures, openers, is_complete);
      else
        {
          if (!is_first)
            g_print ("\n");
          print_for_people (figures, openers, is_complete);
        }
      is_first = FALSE;
    }
  json_builder_end_array (builder);

  if (as_json)
    {
      g_autofree char *text = json_format (builder, TRUE);

      g_print ("%s\n", text);
    }

  return status;
}

const Command command_info = {
  .name = "info",
  .arguments = N_ ("NAME…"),
  .summary = N_ ("Tells everything about a queue"),
  .description = N_ (
      "What list shows, how many bytes of RLIMIT_MSGQUEUE the queue takes, and the processes that "
      "have it open, with r for those that may receive and w for those that may send. Of other "
      "users' processes only root sees that.\n\n"
      "The last message is when one was sent or received last; the last access and the last change "
      "are also set by whoever looks at the queue, as this does."),
  .options = options,
  .examples = examples,
  .minimum = 1,
  .maximum = G_MAXUINT,
  .kinds = { VALUE_KIND_QUEUE, VALUE_KIND_QUEUE },
  .run = run,
};
