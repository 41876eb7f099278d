/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing documents without names and order; see same_facts.h. Lists are compared as sorted texts.
 * Input: documents of checked shape.
 */
#include "same_facts.h"

#include <stdlib.h>
#include <string.h>

#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static json_t *sorted(char **texts, size_t n)
{
	json_t *out = json_array();

	qsort(texts, n, sizeof(char *), by_text);
	for (size_t i = 0; i < n; i++) {
		(void)json_array_append_new(out, json_string(texts[i]));
		free(texts[i]);
	}
	return out;
}

/* The members of a list as texts without what the kernel counts anew at each boot, in an order of
 * their own. */
static json_t *nameless(const json_t *list)
{
	autofree char **texts = xcalloc(json_array_size(list) + 1, sizeof(char *));
	size_t i;
	json_t *j;

	json_array_foreach (list, i, j) {
		autojson json_t *copy = json_copy(j);
		(void)json_object_del(copy, "Name");
		(void)json_object_del(copy, "Device");
		texts[i] = json_text(copy);
	}
	return sorted(texts, json_array_size(list));
}

static json_t *without_names(const json_t *doc)
{
	static const char *const lists[] = {"drives", "raid_drives", "nics"};
	json_t *copy = json_copy((json_t *)(uintptr_t)doc);

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const json_t *list = json_object_get(doc, lists[i]);
		if (list)
			(void)json_object_set_new(copy, lists[i], nameless(list));
	}
	return copy;
}

bool same_facts(const json_t *a, const json_t *b)
{
	autojson json_t *x = without_names(a);
	autojson json_t *y = without_names(b);

	return json_equal(x, y);
}
