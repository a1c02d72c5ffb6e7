/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pipes, which carry bytes: in front of each message goes its length. Length and message are
 * written together. The receiver takes as much as there is in one read, as a program that cares
 * for speed does, so that one read brings many messages while the sender is ahead. */

#include "transport.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#define BUFFER_SIZE 65536 /* what a pipe holds, unless it is told otherwise */

typedef guint32 MessageLength;

typedef struct
{
  int there[2]; /* as pipe(2) gives them */
  int back[2];
  gsize size;
} PipeChannel;

typedef struct
{
  int out;
  int in;
  guint8 *message;
  gsize size;
  guint8 *buffer; /* what was read: the messages from begin to end have not been taken */
  gsize buffer_size;
  gsize begin;
  gsize end;
} PipeEnd;

/* A process that writes what it reads itself must not fill the pipe. */
static gboolean
make_room (int fd, gsize size, GError **error)
{
  int room = fcntl (fd, F_GETPIPE_SZ);

  if (room != -1 && (gsize) room < size)
    room = fcntl (fd, F_SETPIPE_SZ, (int) MIN (size, G_MAXINT));
  if (room != -1)
    return TRUE;

  transport_set_error (error, "F_SETPIPE_SZ");

  return FALSE;
}

/* Where there are any. */
static void
close_both (const int *fds)
{
  if (fds[0] == -1)
    return;

  close (fds[0]);
  close (fds[1]);
}

static void
pipe_clear (gpointer channel)
{
  PipeChannel *pipes = channel;

  close_both (pipes->there);
  close_both (pipes->back);
  g_free (pipes);
}

static gpointer
pipe_prepare (const TransportLoad *load, GError **error)
{
  PipeChannel *channel = g_new (PipeChannel, 1);

  *channel = (PipeChannel){ .there = { -1, -1 }, .back = { -1, -1 }, .size = load->size };
  if (pipe2 (channel->there, O_CLOEXEC) == -1 || pipe2 (channel->back, O_CLOEXEC) == -1)
    transport_set_error (error, "pipe2");
  else if (make_room (channel->there[1], sizeof (MessageLength) + load->size, error))
    return channel;

  pipe_clear (channel);

  return NULL;
}

static gpointer
pipe_open (gpointer channel, TransportSide side, GError **error)
{
  PipeChannel *pipes = channel;
  PipeEnd *end = g_new (PipeEnd, 1);

  end->out = side == TRANSPORT_CLIENT ? pipes->there[1] : pipes->back[1];
  end->in = side == TRANSPORT_CLIENT ? pipes->back[0] : pipes->there[0];
  end->size = pipes->size;
  end->message = g_malloc0 (end->size);
  end->buffer_size = MAX (BUFFER_SIZE, sizeof (MessageLength) + end->size);
  end->buffer = g_malloc0 (end->buffer_size);
  end->begin = 0;
  end->end = 0;

  return end;
}

static gboolean
pipe_send (gpointer end, GError **error)
{
  PipeEnd *self = end;
  MessageLength length = (MessageLength) self->size;
  struct iovec parts[] = { { &length, sizeof length }, { self->message, self->size } };

  /* One that waits writes all, as no signal comes between. */
  if (writev (self->out, parts, G_N_ELEMENTS (parts)) != -1)
    return TRUE;

  transport_set_error (error, "writev");

  return FALSE;
}

/* Until @length bytes that have not been taken are there. */
static gboolean
fill (PipeEnd *self, gsize length, GError **error)
{
  while (self->end - self->begin < length)
    {
      ssize_t n_read;

      if (self->begin > 0)
        {
          memmove (self->buffer, self->buffer + self->begin, self->end - self->begin);
          self->end -= self->begin;
          self->begin = 0;
        }

      n_read = read (self->in, self->buffer + self->end, self->buffer_size - self->end);
      if (n_read <= 0)
        {
          if (n_read == 0)
            errno = EPIPE;
          transport_set_error (error, "read");
          return FALSE;
        }
      self->end += (gsize) n_read;
    }

  return TRUE;
}

static gssize
pipe_receive (gpointer end, GError **error)
{
  PipeEnd *self = end;
  MessageLength length;

  if (!fill (self, sizeof length, error))
    return -1;
  memcpy (&length, self->buffer + self->begin, sizeof length);
  if (!fill (self, sizeof length + length, error))
    return -1;
  self->begin += sizeof length + length;

  return (gssize) length;
}

const Transport transport_pipe = {
  .name = "pipe",
  .kinds = TRANSPORT_ALL_KINDS,
  .prepare = pipe_prepare,
  .open = pipe_open,
  .send = pipe_send,
  .receive = pipe_receive,
  .clear = pipe_clear,
};
