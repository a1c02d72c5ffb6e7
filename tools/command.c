/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Takes a command's line apart with GOption, and runs the command. */

#include "command.h"

#include "report.h"
#include "terminal.h"
#include "version.h"

#include <glib/gi18n.h>

#define HELP_WIDTH 79

static gboolean help_wanted;
static gboolean version_wanted;
static char **remaining;

static const GOptionEntry common_options[] = {
  { "version", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &version_wanted, NULL, NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &remaining, NULL, NULL },
  G_OPTION_ENTRY_NULL,
};

/* GOption's own would print it and exit, and main() not know whether that worked. */
static const GOptionEntry help_options[] = {
  { "help", 'h', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &help_wanted, NULL, NULL },
  { "?", '?', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &help_wanted, NULL, NULL },
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

gboolean
command_takes_value (const GOptionEntry *option)
{
  return option->arg != G_OPTION_ARG_NONE && option->arg != G_OPTION_ARG_CALLBACK;
}

static const GOptionEntry *
find_by_letter (const Command *command, char letter)
{
  for (const GOptionEntry *option = command->options; option != NULL && option->long_name != NULL;
       option++)
    if (option->short_name == letter)
      return option;

  return NULL;
}

/* Where in a word such as “-fn10” the value of the last letter begins; NULL if it has none. */
static const char *
find_value (const Command *command, const char *word)
{
  const GOptionEntry *option = NULL;

  if (word[0] != '-' || word[1] == '-')
    return NULL;

  for (word++; *word != '\0' && (option = find_by_letter (command, *word)) != NULL; word++)
    if (command_takes_value (option))
      return word[1] != '\0' ? word + 1 : NULL;

  return NULL;
}

/* GOption wants the value of a letter in a word of its own, POSIX lets it follow at once. */
static char **
split_words (const Command *command, int argc, char **argv)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (int i = 0; i < argc; i++)
    {
      const char *value = find_value (command, argv[i]);
      g_autofree char *letters = value != NULL ? g_strndup (argv[i], value - argv[i]) : NULL;

      if (g_str_equal (argv[i], "--"))
        {
          for (; i < argc; i++)
            g_strv_builder_add (builder, argv[i]);
          break;
        }

      if (letters != NULL)
        g_strv_builder_add (builder, letters);
      g_strv_builder_add (builder, value != NULL ? value : argv[i]);
    }

  return g_strv_builder_end (builder);
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
  g_auto (GStrv) words = split_words (command, argc, argv);
  char *none[] = { NULL };
  g_autoptr (GError) error = NULL;
  ExitStatus status = EXIT_STATUS_SUCCESS;

  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_add_main_entries (context, help_options, NULL);
  if (g_option_context_parse_strv (context, &words, &error))
    {
      if (help_wanted)
        {
          g_autofree char *help = command_format_help (command);

          g_print ("%s", help);
          return EXIT_STATUS_SUCCESS;
        }
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
