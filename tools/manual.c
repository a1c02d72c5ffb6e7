/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood manual: writes mood(1), from what the help is made of. For the build. */

#include "commands.h"

#include <glib/gi18n.h>
#include <mood.h>
#include <string.h>

/* Text as roff takes it: a backslash, a hyphen and a dot or an apostrophe at the beginning of a
 * line have meanings there. */
static char *
escape (const char *text)
{
  GString *escaped = g_string_new (NULL);
  gboolean is_line_start = TRUE;

  for (const char *at = text; *at != '\0'; at++)
    {
      if (is_line_start && (*at == '.' || *at == '\''))
        g_string_append (escaped, "\\&");
      if (*at == '\\')
        g_string_append (escaped, "\\e");
      else if (*at == '-')
        g_string_append (escaped, "\\-");
      else if (*at == '\'')
        g_string_append (escaped, "\\(aq");
      else
        g_string_append_c (escaped, *at);
      is_line_start = *at == '\n';
    }

  return g_string_free (escaped, FALSE);
}

static void
print_text (const char *text)
{
  g_auto (GStrv) paragraphs = g_strsplit (text, "\n\n", -1);

  for (guint i = 0; paragraphs[i] != NULL; i++)
    {
      g_autofree char *escaped = escape (paragraphs[i]);

      g_print ("%s%s\n", i > 0 ? ".PP\n" : "", escaped);
    }
}

static void
print_option (const GOptionEntry *option)
{
  g_autofree char *name = escape (option->long_name);
  g_autofree char *description = escape (_ (option->description));

  if (option->flags & G_OPTION_FLAG_HIDDEN)
    return;

  g_print (".TP\n");
  if (option->short_name != 0)
    g_print ("\\fB\\-%c\\fR, ", option->short_name);
  g_print ("\\fB\\-\\-%s\\fR", name);
  if (option->arg_description != NULL)
    g_print ("=\\fI%s\\fR", _ (option->arg_description));
  g_print ("\n%s\n", description);
}

static void
print_command (const Command *command)
{
  g_autofree char *summary = escape (_ (command->summary));

  g_print (".SS \"mood %s [OPTION…]%s%s\"\n", command->name, command->arguments != NULL ? " " : "",
           command->arguments != NULL ? _ (command->arguments) : "");
  g_print ("%s.\n", summary);
  g_print (".PP\n");
  print_text (_ (command->description));

  for (const GOptionEntry *option = command->options; option != NULL && option->long_name != NULL;
       option++)
    print_option (option);

  for (const Example *example = command->examples; example != NULL && example->command != NULL;
       example++)
    {
      g_autofree char *line = escape (example->command);
      g_autofree char *purpose = escape (_ (example->purpose));

      g_print (".PP\n%s:\n.PP\n.RS 4\n.EX\n%s\n.EE\n.RE\n", purpose, line);
    }
}

static void
print_term (const char *term, const char *text)
{
  g_autofree char *escaped = escape (text);

  g_print (".TP\n\\fB%s\\fR\n%s\n", term, escaped);
}

static void
print_reference (void)
{
  g_print (".SH \"EXIT STATUS\"\n");
  print_term ("0", _ ("It is done."));
  print_term ("1", _ ("It failed, or several things failed in different ways."));
  print_term ("2", _ ("The command line was wrong. Nothing was done."));
  print_term ("3", _ ("It would have had to wait, or waited in vain."));
  print_term ("4", _ ("There is no such queue, or it is gone."));
  g_print (".PP\n");
  print_text (_ ("What a signal ends has the status that the shell gives to that, such as 130 for "
                 "Ctrl-C."));

  g_print (".SH ENVIRONMENT\n");
  print_term ("NO_COLOR", _ ("If it is set and not empty, nothing is colored."));
  print_term ("TERM", _ ("On a terminal that is “dumb” nothing is colored or drawn anew."));
  print_term ("LANGUAGE, LC_ALL, LC_MESSAGES, LANG", _ ("The language of the texts."));
  print_term (
      "XDG_STATE_HOME",
      _ ("Below it is the folder mood, for messages that could be neither delivered nor put "
         "back. Without it that is below ~/.local/state."));

  g_print (".SH \"SEE ALSO\"\n.BR mq_overview (7),\n.BR mq_open (3),\n.BR mq_send (3),\n"
           ".BR mq_receive (3),\n.BR mq_notify (3),\n.BR getrlimit (2)\n");
}

static ExitStatus
run (char **arguments, GError **error)
{
  g_print (".\\\" SPDX-License-Identifier: LGPL-2.1-or-later\n"
           ".\\\" Written by “mood manual”.\n"
           ".TH MOOD 1 \"\" \"libmood %s\"\n.SH NAME\n"
           "mood \\- make, feed, read and watch POSIX message queues\n"
           ".SH SYNOPSIS\n\\fBmood\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR…] [\\fIARGUMENT\\fR…]\n"
           ".SH DESCRIPTION\n",
           MOOD_VERSION_S);
  print_text (
      _ ("A POSIX message queue is the kernel's: it has a name, it holds a number of messages "
         "of limited size, each with a priority, and gives out the one of the highest priority "
         "that has waited longest. See mq_overview(7).\n\n"
         "A queue's name begins with a slash, which may be left out here. Each IPC namespace, "
         "such as a container's, has its own queues.\n\n"
         "“mood COMMAND --help” tells of a command, “mood --version” which version this is. "
         "Where a message or a name begins with a hyphen, “--” before it tells that from an "
         "option. Times are in seconds and may have decimals."));

  g_print (".SH COMMANDS\n");
  for (const Command *const *command = commands; *command != NULL; command++)
    print_command (*command);
  print_reference ();

  return EXIT_STATUS_SUCCESS;
}

const Command command_manual = {
  .name = "manual",
  .summary = N_ ("Writes the manual page"),
  .description = N_ ("In the format of man(7)."),
  .run = run,
};
