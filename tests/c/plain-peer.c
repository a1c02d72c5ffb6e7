/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The other side of the interoperation test: a process as people have always written them, that
 * knows nothing but mqueue.h. */

#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_SIZE 256

static mqd_t
open_or_exit (const char *name, int flags)
{
  struct mq_attr attributes = { .mq_maxmsg = 4, .mq_msgsize = MESSAGE_SIZE };
  mqd_t queue = mq_open (name, flags, 0600, &attributes);

  if (queue == (mqd_t) -1)
    {
      perror (name);
      exit (1);
    }

  return queue;
}

/* Creates the queue and leaves four messages in it. */
static int
create (const char *name)
{
  mqd_t queue = open_or_exit (name, O_WRONLY | O_CREAT | O_EXCL);

  return mq_send (queue, "low", 3, 0) == 0 && mq_send (queue, "highest", 7, 32767) == 0 &&
                 mq_send (queue, "", 0, 5) == 0 && mq_send (queue, "low too", 7, 0) == 0
             ? 0
             : 1;
}

/* Prints what is in the queue, a line a message. */
static int
print (const char *name, int count)
{
  mqd_t queue = open_or_exit (name, O_RDONLY);

  while (count-- > 0)
    {
      char message[MESSAGE_SIZE];
      unsigned priority;
      ssize_t length = mq_receive (queue, message, sizeof message, &priority);

      if (length == -1)
        return 1;
      printf ("%u %zd %.*s\n", priority, length, (int) length, message);
    }

  return 0;
}

static int
send_one (const char *name, const char *message)
{
  return mq_send (open_or_exit (name, O_WRONLY), message, strlen (message), 0) == 0 ? 0 : 1;
}

/* Sends everything back as it came, until an empty message of priority 0. */
static int
echo (const char *questions_name, const char *answers_name)
{
  mqd_t questions = open_or_exit (questions_name, O_RDONLY);
  mqd_t answers = open_or_exit (answers_name, O_WRONLY);

  for (;;)
    {
      char message[MESSAGE_SIZE];
      unsigned priority;
      ssize_t length = mq_receive (questions, message, sizeof message, &priority);

      if (length == -1 || mq_send (answers, message, (size_t) length, priority) == -1)
        return 1;
      if (length == 0 && priority == 0)
        return 0;
    }
}

int
main (int argc, char **argv)
{
  if (argc == 3 && strcmp (argv[1], "create") == 0)
    return create (argv[2]);
  if (argc == 4 && strcmp (argv[1], "print") == 0)
    return print (argv[2], atoi (argv[3]));
  if (argc == 4 && strcmp (argv[1], "send") == 0)
    return send_one (argv[2], argv[3]);
  if (argc == 4 && strcmp (argv[1], "echo") == 0)
    return echo (argv[2], argv[3]);

  return 2;
}
