/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

void json_add_text (JsonBuilder *builder, const char *member, const char *text);
void json_add_number (JsonBuilder *builder, const char *member, gint64 number);
void json_add_time (JsonBuilder *builder, const char *member, gint64 seconds);
void json_add_bytes (JsonBuilder *builder, const char *member, const void *bytes, gsize length);
char *json_format (JsonBuilder *builder, gboolean pretty);

G_END_DECLS
