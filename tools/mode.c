/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Permissions as chmod(1) takes them: an octal number, or changes such as “u+rw,g-w”. */

#include "mode.h"

#include "command.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>

#define ALL_CLASSES 0777u

/* What one class, such as the group, may do, for all of them at once. */
#define READ    0444u
#define WRITE   0222u
#define EXECUTE 0111u

/* Whether the text says what to change, and not what is to be. */
gboolean
mode_needs_current (const char *text)
{
  return !g_ascii_isdigit (text[0]);
}

static guint
get_umask (void)
{
  mode_t mask = umask (0);

  umask (mask);

  return mask;
}

/* The bits of the classes that the letters name; without letters 0. Moves behind them. */
static guint
take_classes (const char **at)
{
  guint classes = 0;

  for (;; (*at)++)
    switch (**at)
      {
      case 'u':
        classes |= 0700;
        break;

      case 'g':
        classes |= 0070;
        break;

      case 'o':
        classes |= 0007;
        break;

      case 'a':
        classes |= ALL_CLASSES;
        break;

      default:
        return classes;
      }
}

/* What one class has, for all of them. */
static guint
spread (guint bits)
{
  return (bits & 7) * 0111;
}

/* The bits, in all classes, that the letters name: what to do, or the class to copy from. Moves
 * behind them. */
static guint
take_permissions (const char **at, guint mode)
{
  guint permissions = 0;

  switch (**at)
    {
    case 'u':
      (*at)++;
      return spread (mode >> 6);

    case 'g':
      (*at)++;
      return spread (mode >> 3);

    case 'o':
      (*at)++;
      return spread (mode);

    default:
      break;
    }

  for (;; (*at)++)
    switch (**at)
      {
      case 'r':
        permissions |= READ;
        break;

      case 'w':
        permissions |= WRITE;
        break;

      case 'x':
        permissions |= EXECUTE;
        break;

      default:
        return permissions;
      }
}

/* One such as “ug+r-w”. Moves behind it; FALSE if it is none. */
static gboolean
apply_clause (const char **at, guint *mode)
{
  guint classes = take_classes (at);
  /* Without a class all are meant, but for what the umask keeps. */
  guint mask = classes != 0 ? classes : ALL_CLASSES & ~get_umask ();

  if (**at == '\0' || strchr ("+-=", **at) == NULL)
    return FALSE;

  while (**at != '\0' && strchr ("+-=", **at) != NULL)
    {
      char operation = *(*at)++;
      guint bits = take_permissions (at, *mode) & mask;

      if (operation == '+')
        *mode |= bits;
      else if (operation == '-')
        *mode &= ~bits;
      else
        *mode = (*mode & ~(classes != 0 ? classes : ALL_CLASSES)) | bits;
    }

  return TRUE;
}

static gboolean
apply_changes (const char *text, guint *mode)
{
  const char *at = text;

  while (apply_clause (&at, mode))
    {
      if (*at == '\0')
        return TRUE;
      if (*at++ != ',')
        return FALSE;
    }

  return FALSE;
}

/* @current: the mode that changes are applied to. An error is one of usage. */
gboolean
mode_apply (const char *text, guint current, guint *mode, GError **error)
{
  guint64 octal = 0;
  gboolean is_valid;

  if (mode_needs_current (text))
    {
      *mode = current;
      is_valid = apply_changes (text, mode);
    }
  else
    {
      is_valid = g_ascii_string_to_unsigned (text, 8, 0, ALL_CLASSES, &octal, NULL);
      *mode = (guint) octal;
    }

  if (!is_valid)
    {
      g_autofree char *shown = g_filename_display_name (text);

      USAGE_ERROR (error,
                   _ ("“%s” is no mode of a queue: it is an octal number up to 777, such as 640, "
                      "or changes such as u+rw,g-w"),
                   shown);
    }

  return is_valid;
}
