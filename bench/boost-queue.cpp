/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A message queue of Boost.Interprocess for C. What would be an exception is a text in *error, to
 * be freed. */

#include "boost-queue.h"

#include <boost/interprocess/ipc/message_queue.hpp>
#include <signal.h>
#include <string.h>

using namespace boost::interprocess;

struct BoostQueue
{
  message_queue queue;

  BoostQueue (const char *name, size_t maxmsg, size_t msgsize)
      : queue (create_only, name, maxmsg, msgsize, permissions (0600))
  {
  }
};

/* Its memory is shared with the processes that are forked from now on; the name is there for a
 * moment only, in which no signal ends the process. NULL for an error. */
BoostQueue *
boost_queue_new (const char *name, size_t maxmsg, size_t msgsize, char **error)
{
  BoostQueue *self = nullptr;
  sigset_t all, before;

  sigfillset (&all);
  sigprocmask (SIG_SETMASK, &all, &before);
  try
    {
      self = new BoostQueue (name, maxmsg, msgsize);
    }
  catch (const std::exception &exception)
    {
      *error = strdup (exception.what ());
    }
  message_queue::remove (name);
  sigprocmask (SIG_SETMASK, &before, nullptr);

  return self;
}

/* 0 for an error. */
int
boost_queue_send (BoostQueue *self, const void *message, size_t length, char **error)
{
  try
    {
      self->queue.send (message, length, 0);
      return 1;
    }
  catch (const std::exception &exception)
    {
      *error = strdup (exception.what ());
      return 0;
    }
}

/* How many bytes it has; -1 for an error. */
ssize_t
boost_queue_receive (BoostQueue *self, void *buffer, size_t size, char **error)
{
  message_queue::size_type length;
  unsigned priority;

  try
    {
      self->queue.receive (buffer, size, length, priority);
      return static_cast<ssize_t> (length);
    }
  catch (const std::exception &exception)
    {
      *error = strdup (exception.what ());
      return -1;
    }
}

void
boost_queue_free (BoostQueue *self)
{
  delete self;
}
