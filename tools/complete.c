/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood complete: what a shell may complete the line to. It is asked by the shells' own functions,
 * which know nothing of the commands. */

#include "commands.h"

#include <glib/gi18n.h>
#include <mood.h>
#include <stdio.h>
#include <string.h>

/* One of them a line: what to insert, and after a tab, what to say of it. What the shell completes
 * better by itself is asked for by a line with a colon: “:file”, “:directory”, “:user” or “:group”.
 */
static void
offer (const char *word, const char *explanation)
{
  /* A queue's name is bytes, which g_print() would take for text. */
  fputs (word, stdout);
  if (explanation != NULL)
    g_print ("\t%s", explanation);
  fputc ('\n', stdout);
}

static void
offer_if_begun (const char *beginning, const char *word, const char *explanation)
{
  if (g_str_has_prefix (word, beginning))
    offer (word, explanation);
}

static void
offer_commands (const char *beginning)
{
  for (const Command *const *command = commands; *command != NULL; command++)
    offer_if_begun (beginning, (*command)->name, _ ((*command)->summary));
}

/* With a slash, or without one if it was begun so. */
static void
offer_queues (const char *beginning)
{
  g_autoptr (MoodQueueDirectory) directory = mood_queue_directory_new (NULL);
  gboolean has_slash = beginning[0] == '/' || beginning[0] == '\0';
  guint n = directory != NULL ? g_list_model_get_n_items (G_LIST_MODEL (directory)) : 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (MoodQueueInfo) info = g_list_model_get_item (G_LIST_MODEL (directory), i);
      const char *name = mood_queue_info_get_name (info) + (has_slash ? 0 : 1);

      /* The lines could not carry it. */
      if (strpbrk (name, "\t\n") == NULL)
        offer_if_begun (beginning, name, NULL);
    }
}

static void
offer_values (ValueKind kind, const char *beginning)
{
  switch (kind)
    {
    case VALUE_KIND_QUEUE:
      offer_queues (beginning);
      break;
    case VALUE_KIND_FILE:
      offer (":file", NULL);
      break;
    case VALUE_KIND_DIRECTORY:
      offer (":directory", NULL);
      break;
    case VALUE_KIND_USER:
      offer (":user", NULL);
      break;
    case VALUE_KIND_GROUP:
      offer (":group", NULL);
      break;
    case VALUE_KIND_OTHER:
      break;
    }
}

/* Of an option that takes one. @prefix goes before each. */
static void
offer_option_values (const Command *command,
                     const GOptionEntry *option,
                     const char *prefix,
                     const char *beginning)
{
  for (const ValueCompletion *completion = command->completions;
       completion != NULL && completion->option != NULL; completion++)
    if (g_str_equal (completion->option, option->long_name))
      {
        g_auto (GStrv) words =
            g_strsplit (completion->words != NULL ? completion->words : "", " ", -1);

        for (char **word = words; *word != NULL; word++)
          if (g_str_has_prefix (*word, beginning))
            {
              g_autofree char *whole = g_strconcat (prefix, *word, NULL);

              offer (whole, NULL);
            }
        offer_values (completion->kind, beginning);
        return;
      }

  if (option->arg == G_OPTION_ARG_FILENAME)
    offer_values (VALUE_KIND_FILE, beginning);
}

/* The option that a word is, with its value's beginning if that is in the same word, or NULL. */
static const GOptionEntry *
find_option (const Command *command, const char *word, const char **value)
{
  *value = NULL;
  for (const GOptionEntry *option = command->options; option != NULL && option->long_name != NULL;
       option++)
    {
      gsize length = strlen (option->long_name);

      if (g_str_has_prefix (word, "--") && strncmp (word + 2, option->long_name, length) == 0 &&
          (word[2 + length] == '\0' || word[2 + length] == '='))
        {
          if (word[2 + length] == '=')
            *value = word + 2 + length + 1;
          return option;
        }
      if (word[0] == '-' && word[1] == option->short_name && option->short_name != 0 &&
          word[2] == '\0')
        return option;
    }

  return NULL;
}

static void
offer_options (const Command *command, const char *beginning)
{
  for (const GOptionEntry *option = command->options; option != NULL && option->long_name != NULL;
       option++)
    {
      g_autofree char *word =
          g_strconcat ("--", option->long_name, command_takes_value (option) ? "=" : "", NULL);

      if ((option->flags & G_OPTION_FLAG_HIDDEN) == 0)
        offer_if_begun (beginning, word, _ (option->description));
    }
  offer_if_begun (beginning, "--help", _ ("Show help options"));
}

/* The words after the command's name; the last of them is the one to complete. */
static void
complete_command (const Command *command, char **words)
{
  const GOptionEntry *awaiting = NULL;
  gboolean are_options_over = FALSE;
  guint n_arguments = 0;
  const char *value;

  for (; words[1] != NULL; words++)
    {
      const GOptionEntry *option = are_options_over ? NULL : find_option (command, *words, &value);

      if (awaiting != NULL)
        awaiting = NULL;
      else if (!are_options_over && g_str_equal (*words, "--"))
        are_options_over = TRUE;
      else if (option != NULL && value == NULL && command_takes_value (option))
        awaiting = option;
      else if (are_options_over || (*words)[0] != '-')
        n_arguments++;
    }

  if (awaiting != NULL)
    offer_option_values (command, awaiting, "", *words);
  else if (!are_options_over && (*words)[0] == '-')
    {
      const GOptionEntry *option = find_option (command, *words, &value);

      if (option != NULL && value != NULL)
        {
          g_autofree char *prefix = g_strndup (*words, value - *words);

          offer_option_values (command, option, prefix, value);
        }
      else
        offer_options (command, *words);
    }
  else if (n_arguments < command->maximum)
    offer_values (command->kinds[MIN (n_arguments, 1)], *words);
}

/* The words of the line after “mood”, up to the one to complete, which may be empty. */
static ExitStatus
run (char **arguments, GError **error)
{
  const Command *command = command_find (arguments[0]);

  if (arguments[1] == NULL)
    {
      offer_commands (arguments[0]);
      if (arguments[0][0] == '-')
        {
          offer_if_begun (arguments[0], "--help", _ ("Show help options"));
          offer_if_begun (arguments[0], "--version", _ ("Show the version"));
        }
    }
  else if (g_str_equal (arguments[0], "help"))
    offer_commands (arguments[1]);
  else if (command != NULL)
    complete_command (command, arguments + 1);

  return EXIT_STATUS_SUCCESS;
}

const Command command_complete = {
  .name = "complete",
  .arguments = N_ ("WORD…"),
  .summary = N_ ("Tells a shell what the line may go on with"),
  .description = N_ ("The words are those after “mood”, the last one is what is to be completed."),
  .minimum = 1,
  .maximum = G_MAXUINT,
  .run = run,
};
