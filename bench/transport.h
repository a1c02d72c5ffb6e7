/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  TRANSPORT_KIND_PAIR = 1 << 0,       /* one process sends a message and receives it */
  TRANSPORT_KIND_ONE_WAY = 1 << 1,    /* the client sends, the server receives */
  TRANSPORT_KIND_ROUND_TRIP = 1 << 2, /* the server answers each message with one of its size */
} TransportKind;

#define TRANSPORT_ALL_KINDS                                                                        \
  (TRANSPORT_KIND_PAIR | TRANSPORT_KIND_ONE_WAY | TRANSPORT_KIND_ROUND_TRIP)

typedef enum
{
  TRANSPORT_CLIENT,
  TRANSPORT_SERVER,
} TransportSide;

/* What is to be carried. */
typedef struct
{
  TransportKind kind;
  gsize size;   /* of each message, bytes; at least 1 */
  gint64 depth; /* for how many messages a queue has room */
} TransportLoad;

/* A way to carry messages between two ends. The functions that fail set an error.
 *
 * A channel is made before there is another process; the client and the server are forked from
 * that one, and each has an end. For a pair one process has both. What starts threads is left to
 * the ends. An end is gone with its process, and nothing else may be left of it. */
typedef struct
{
  const char *name;
  const char *missing; /* the Debian package without which the rest is not there; NULL for none */
  guint kinds;         /* those TransportKind that it has */

  /* The channel; NULL for an error. */
  gpointer (*prepare) (const TransportLoad *load, GError **error);
  /* What the server does before the client may open its end; NULL for nothing. */
  gboolean (*listen) (gpointer channel, GError **error);
  /* The end; NULL for an error. Client and server do it at the same time. */
  gpointer (*open) (gpointer channel, TransportSide side, GError **error);
  /* Waits while there is no room. */
  gboolean (*send) (gpointer end, GError **error);
  /* Waits while there is no message. How many bytes it has; -1 for an error. */
  gssize (*receive) (gpointer end, GError **error);
  /* Frees the channel, in the process that made it. */
  void (*clear) (gpointer channel);
} Transport;

extern const Transport transport_boost;
extern const Transport transport_gdbus;
extern const Transport transport_gsocket;
extern const Transport transport_mood;
extern const Transport transport_mood_cancellable;
extern const Transport transport_mood_receive;
extern const Transport transport_mood_timeout;
extern const Transport transport_nng;
extern const Transport transport_pipe;
extern const Transport transport_raw;
extern const Transport transport_raw_timeout;
extern const Transport transport_seqpacket;
extern const Transport transport_zeromq;

void transport_set_error (GError **error, const char *what);
char *transport_make_address (const char *scheme);

G_END_DECLS
