/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents that are spoilt at one place, for rows of a test: what no encoder would write.
 */
#ifndef TESTS_HARNESS_CHANGED_TEXT_H
#define TESTS_HARNESS_CHANGED_TEXT_H

#include "check.h"

#include <base/str.h>

/* text with `to` in place of its first `from`; the row fails when that is not in it. owns: the
 * caller frees. */
static inline char *changed_text(const char *row, const char *text, const char *from,
				 const char *to)
{
	const char *at = strstr(text, from);

	CHECK(row, at);
	return xasprintf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

#endif
