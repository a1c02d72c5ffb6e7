/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "exit-status.h"

G_BEGIN_DECLS

/* What an argument, or an option's value, is: for the completion. */
typedef enum
{
  VALUE_KIND_OTHER,
  VALUE_KIND_QUEUE,
  VALUE_KIND_FILE,
  VALUE_KIND_DIRECTORY,
  VALUE_KIND_USER,
  VALUE_KIND_GROUP,
} ValueKind;

/* How an option's value is completed, where its type does not tell. */
typedef struct
{
  const char *option; /* its long name; NULL ends an array */
  ValueKind kind;
  const char *words; /* the values that there are, with blanks between; or NULL */
} ValueCompletion;

typedef struct
{
  const char *command; /* a line for the shell; NULL ends an array */
  const char *purpose; /* to be translated */
} Example;

/* One of the program's commands. What is said of it in the help, in the man page and in the
 * completion is all taken from here. */
typedef struct
{
  const char *name;
  const char *arguments;   /* how the usage line shows them, to be translated; or NULL */
  const char *summary;     /* a line without a full stop, to be translated */
  const char *description; /* paragraphs with an empty line between them, to be translated */
  const GOptionEntry *options;
  const Example *examples;
  const ValueCompletion *completions; /* or NULL */

  guint minimum;      /* arguments */
  guint maximum;      /* arguments; G_MAXUINT for any number */
  ValueKind kinds[2]; /* of the first argument, and of those after it */

  /* Does it, with the arguments that are no options, NULL-terminated. An error is set for what
   * main() shall report, and what is returned then does not matter. */
  ExitStatus (*run) (char **arguments, GError **error);
} Command;

extern const Command *const commands[]; /* NULL-terminated, in the order in which they are shown */

const Command *command_find (const char *name);
ExitStatus command_run (const Command *command, int argc, char **argv);
char *command_format_help (const Command *command);
gboolean command_takes_value (const GOptionEntry *option);

#define USAGE_ERROR(error, ...)                                                                    \
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, __VA_ARGS__)

G_END_DECLS
