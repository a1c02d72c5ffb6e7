/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C"
{
#endif

  typedef struct BoostQueue BoostQueue;

  BoostQueue *boost_queue_new (const char *name, size_t maxmsg, size_t msgsize, char **error);
  int boost_queue_send (BoostQueue *self, const void *message, size_t length, char **error);
  ssize_t boost_queue_receive (BoostQueue *self, void *buffer, size_t size, char **error);
  void boost_queue_free (BoostQueue *self);

#ifdef __cplusplus
}
#endif
