/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Keys that are no characters. */
enum
{
  SCREEN_KEY_UP = 256,
  SCREEN_KEY_DOWN,
  SCREEN_KEY_PAGE_UP,
  SCREEN_KEY_PAGE_DOWN,
  SCREEN_KEY_HOME,
  SCREEN_KEY_END,
};

/* Draws everything again: the terminal has another size now, or was somebody else's meanwhile. */
typedef void (*ScreenRedrawFunc) (gpointer user_data);

/* A key was pressed. */
typedef void (*ScreenKeyFunc) (guint key, gpointer user_data);

void screen_enter (ScreenRedrawFunc redraw, ScreenKeyFunc key_pressed, gpointer user_data);
gboolean screen_draw (GPtrArray *lines, GError **error);
void screen_leave (void);

G_END_DECLS
