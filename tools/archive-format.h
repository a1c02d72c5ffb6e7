/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a file of messages looks like: docs/archive-format.md. All numbers are little-endian. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* As in PNG: what takes a file for text and converts its ends of lines is noticed. */
#define ARCHIVE_MAGIC      "\x89MOOD\r\n\x1a"
#define ARCHIVE_MAGIC_SIZE 8
#define ARCHIVE_VERSION    1
#define ARCHIVE_FILL_SIZE  64

/* A flag: everything that was to be taken is there, and nothing follows the last record. */
#define ARCHIVE_COMPLETE 1u

typedef struct
{
  guint8 magic[ARCHIVE_MAGIC_SIZE];
  guint32 version;
  guint32 flags;
  guint32 n_queues;
  guint32 n_records;
  guint32 round; /* from 1 on: which time of delivering the messages this is */
  guint32 reserved;
  guint64 records_offset; /* of the first record */
  gint64 created_at;      /* seconds since 1970 */
  guint8 fill[ARCHIVE_FILL_SIZE];
} ArchiveHeader;

/* The name follows, and zeros up to a multiple of 8. */
typedef struct
{
  guint32 name_length; /* bytes */
  guint32 mode;        /* the permissions */
  guint32 uid;
  guint32 gid;
  gint64 maxmsg;
  gint64 msgsize; /* bytes */
} ArchiveQueueEntry;

typedef enum
{
  ARCHIVE_RECORD_NONE,
  ARCHIVE_RECORD_TAKING, /* a message was asked for; it is there if the priority is one */
  ARCHIVE_RECORD_TAKEN,
} ArchiveRecordState;

/* What is no priority, until the kernel has written one. */
#define ARCHIVE_NO_PRIORITY      0xffffffffu
#define ARCHIVE_HIGHEST_PRIORITY 32767u

/* The message follows, and zeros up to a multiple of 8. */
typedef struct
{
  guint32 state;
  guint32 queue; /* which of the entries, from 0 on */
  guint32 priority;
  guint32 length;    /* bytes */
  guint32 begun;     /* the last round in which sending it was begun */
  guint32 delivered; /* the last round in which it was sent */
} ArchiveRecordHeader;

G_STATIC_ASSERT (sizeof (ArchiveHeader) == 112);
G_STATIC_ASSERT (sizeof (ArchiveQueueEntry) == 32);
G_STATIC_ASSERT (sizeof (ArchiveRecordHeader) == 24);

#define ARCHIVE_ALIGN(size) (((size) + 7) & ~(guint64) 7)

G_END_DECLS
