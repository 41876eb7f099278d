/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growable arrays. VEC(struct host) hosts = {0}; VEC_PUSH(&hosts, h); hosts.items[i];
 * VEC_DONE(&hosts). The caller bounds the count before pushing what comes from outside.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stddef.h>
#include <base/str.h>

#define VEC(T)                                                                                     \
	struct {                                                                                   \
		T *items;                                                                          \
		size_t n;                                                                          \
		size_t cap;                                                                        \
	}

#define VEC_PUSH(v, item)                                                                          \
	do {                                                                                       \
		if ((v)->n == (v)->cap) {                                                          \
			(v)->cap = (v)->cap ? (v)->cap * 2 : 8;                                    \
			(v)->items = xrealloc((v)->items, (v)->cap * sizeof(*(v)->items));         \
		}                                                                                  \
		(v)->items[(v)->n++] = (item);                                                     \
	} while (0)

#define VEC_DONE(v)                                                                                \
	do {                                                                                       \
		free((v)->items);                                                                  \
		(v)->items = NULL;                                                                 \
		(v)->n = (v)->cap = 0;                                                             \
	} while (0)

#endif
