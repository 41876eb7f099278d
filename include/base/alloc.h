/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: the only ways to allocate (base/banned.h refuses the others).
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>
#include <base/err.h>

/* Allocation that aborts the process instead of returning NULL. Sizes are checked by the caller. */
MUST_CHECK void *xmalloc(size_t n_bytes);
MUST_CHECK void *xcalloc(size_t n, size_t size_bytes);
MUST_CHECK void *xrealloc(void *p, size_t n_bytes);
MUST_CHECK char *xstrdup(const char *text); /* NULL stays NULL */
MUST_CHECK char *xstrndup(const char *p, size_t n_bytes);
MUST_CHECK __attribute__((format(printf, 1, 2))) char *xasprintf(const char *format, ...);

#endif
