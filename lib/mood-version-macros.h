/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(MOOD_H_INSIDE) && !defined(MOOD_COMPILATION)
#error "Only <mood.h> can be included directly."
#endif

/* The library is compiled with hidden visibility: only what carries one of these is exported. */
#ifndef _MOOD_EXTERN
#define _MOOD_EXTERN extern
#endif

#define MOOD_AVAILABLE_IN_1_0 _MOOD_EXTERN
