/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#define MOOD_H_INSIDE

#include "mood-version.h"
#include "mood-version-macros.h"
#include "mood-enums.h"
#include "mood-interrupt.h"
#include "mood-limits.h"
#include "mood-enum-types.h"
#include "mood-listen.h"
#include "mood-message-queue.h"
#include "mood-priority-message.h"
#include "mood-queue-directory.h"
#include "mood-queue-info.h"

#undef MOOD_H_INSIDE
