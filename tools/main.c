/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command mood: finds out which of its commands is meant. */

#include "command.h"
#include "report.h"
#include "table.h"
#include "version.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

static void
print_help (void)
{
  guint width = 0;

  g_print ("%s\n  mood %s\n\n%s\n\n%s\n", _ ("Usage:"), _ ("COMMAND [OPTION…] [ARGUMENT…]"),
           _ ("Makes, feeds, reads and watches POSIX message queues."), _ ("Commands:"));

  for (const Command *const *command = commands; *command != NULL; command++)
    width = MAX (width, terminal_text_width ((*command)->name));
  for (const Command *const *command = commands; *command != NULL; command++)
    g_print ("  %-*s  %s\n", (int) width, (*command)->name, _ ((*command)->summary));

  g_print ("\n%s\n", _ ("“mood COMMAND --help” tells of a command, with examples, mood(1) of all "
                        "of them.\nA queue's name may be given without its slash."));
}

static ExitStatus
print_help_of (const char *name, GError **error)
{
  const Command *command = command_find (name);
  g_autofree char *help = NULL;

  if (command == NULL)
    {
      USAGE_ERROR (error, _ ("There is no command “%s”"), name);
      return EXIT_STATUS_USAGE;
    }

  help = command_format_help (command);
  g_print ("%s", help);

  return EXIT_STATUS_SUCCESS;
}

/* What can be asked without a command. */
static ExitStatus
run_without_command (int argc, char **argv, GError **error)
{
  if (argc < 2)
    USAGE_ERROR (error, _ ("A command is needed"));
  else if (g_str_equal (argv[1], "--version"))
    version_print ();
  else if (g_str_equal (argv[1], "help") && argc > 2)
    return print_help_of (argv[2], error);
  else if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h") ||
           g_str_equal (argv[1], "-?") || g_str_equal (argv[1], "help"))
    print_help ();
  else if (argv[1][0] == '-')
    USAGE_ERROR (error, _ ("Unknown option %s"), argv[1]);
  else
    USAGE_ERROR (error, _ ("There is no command “%s”"), argv[1]);

  return EXIT_STATUS_SUCCESS;
}

/* What is opened must not become standard input, output or error, where they are closed: it would
 * be read from or written to. To use them stays an error. */
static void
occupy_standard_descriptors (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) == -1)
      (void) open ("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* A full disk, say. What g_print() could not write it does not tell. */
static ExitStatus
check_output (ExitStatus status)
{
  g_autoptr (GError) error = NULL;

  if (fflush (stdout) == 0 && !ferror (stdout))
    return status;

  g_set_error (&error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("Cannot write to standard output"));
  report_error (error);

  return EXIT_STATUS_FAILURE;
}

int
main (int argc, char **argv)
{
  const Command *command = argc > 1 ? command_find (argv[1]) : NULL;
  g_autoptr (GError) error = NULL;
  ExitStatus status;

  occupy_standard_descriptors ();
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALE_DIRECTORY);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_prgname ("mood");

  if (command != NULL)
    return check_output (command_run (command, argc - 1, argv + 1));

  status = run_without_command (argc, argv, &error);
  if (error != NULL)
    {
      status = report_error (error);
      g_printerr ("%s\n", _ ("Try “mood --help”."));
    }

  return check_output (status);
}
