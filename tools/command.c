/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Takes a command's line apart with GOption, and runs the command. */

#include "command.h"

#include "report.h"
#include "terminal.h"
#include "version.h"

#include <glib/gi18n.h>

#define HELP_WIDTH 79

static gboolean version_wanted;
static char **remaining;

static const GOptionEntry common_options[] = {
  { "version", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &version_wanted, NULL, NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &remaining, NULL, NULL },
  G_OPTION_ENTRY_NULL,
};

static GOptionContext *
make_context (const Command *command)
{
  GOptionContext *context =
      g_option_context_new (command->arguments != NULL ? _ (command->arguments) : NULL);
  g_autoptr (GString) after = g_string_new (NULL);
  g_autofree char *description = terminal_wrap (_ (command->description), HELP_WIDTH);
  g_autofree char *program = g_strdup_printf ("mood %s", command->name);

  /* It begins the line that tells the usage. */
  g_set_prgname (program);

  g_string_append (after, description);
  if (command->examples != NULL)
    g_string_append_printf (after, "\n\n%s", _ ("Examples:"));
  for (const Example *example = command->examples; example != NULL && example->command != NULL;
       example++)
    g_string_append_printf (after, "\n  %s\n      %s", example->command, _ (example->purpose));

  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (context, _ (command->summary));
  g_option_context_set_description (context, after->str);
  if (command->options != NULL)
    g_option_context_add_main_entries (context, command->options, GETTEXT_PACKAGE);
  g_option_context_add_main_entries (context, common_options, GETTEXT_PACKAGE);

  return context;
}

char *
command_format_help (const Command *command)
{
  g_autoptr (GOptionContext) context = make_context (command);

  return g_option_context_get_help (context, TRUE, NULL);
}

static gboolean
check_arguments (const Command *command, GError **error)
{
  guint n = remaining != NULL ? g_strv_length (remaining) : 0;

  if (n < command->minimum)
    {
      USAGE_ERROR (error,
                   ngettext ("%u argument is needed, and %u were given",
                             "%u arguments are needed, and %u were given", command->minimum),
                   command->minimum, n);
      return FALSE;
    }

  if (n > command->maximum)
    {
      g_autofree char *shown = g_filename_display_name (remaining[command->maximum]);

      USAGE_ERROR (error, _ ("“%s” is one argument too many"), shown);
      return FALSE;
    }

  return TRUE;
}

/* The arguments are those of main(), from the command's name on. */
ExitStatus
command_run (const Command *command, int argc, char **argv)
{
  g_autoptr (GOptionContext) context = make_context (command);
  char *none[] = { NULL };
  g_autoptr (GError) error = NULL;
  ExitStatus status = EXIT_STATUS_SUCCESS;

  if (g_option_context_parse (context, &argc, &argv, &error))
    {
      if (version_wanted)
        {
          version_print ();
          return EXIT_STATUS_SUCCESS;
        }
      if (check_arguments (command, &error))
        status = command->run (remaining != NULL ? remaining : none, &error);
    }

  if (error != NULL)
    {
      status = report_error (error);
      if (status == EXIT_STATUS_USAGE)
        g_printerr (_ ("Try “mood %s --help”.\n"), command->name);
    }

  g_clear_pointer (&remaining, g_strfreev);

  return status;
}
