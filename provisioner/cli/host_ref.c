/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Beginnings of short codes; see host_ref.h. Input: words of the command line, the server's
 * answers.
 */
#include "host_ref.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>

#include "api.h"

#define HOSTS            "/api/v1/hosts/"
#define SHORT_CODE_CHARS 8
#define PREFIX_MIN_CHARS 3

/* Only such a word costs another request: the beginning of a short code, not a whole one. */
static bool may_be_prefix(const char *word)
{
	size_t n = strlen(word);

	return n >= PREFIX_MIN_CHARS && n < SHORT_CODE_CHARS &&
	       strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") == n;
}

static char *upper_case(const char *word)
{
	char *copy = xstrdup(word);

	for (char *p = copy; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return copy;
}

/* The short code that begins with the word, when exactly one host's does. The caller frees. */
static int find_by_prefix(const char *word, char **ret_code, struct err *err)
{
	autojson json_t *doc = NULL;
	autofree char *code = upper_case(word);
	autofree char *path = xasprintf("/api/v1/hosts?short_code=%s*&fields=short_code&limit=4",
					code);
	const json_t *items;

	TRY(api_get(path, &doc, err));
	items = json_object_get(doc, "items");
	if (json_array_size(items) == 0)
		return err_set(err, ERR_HOST_UNKNOWN, "no host is named '%s'", word);
	if (json_array_size(items) > 1)
		return err_set(err, ERR_HOST_AMBIGUOUS, "several hosts begin with '%s': %s, %s%s",
			       word, api_text(json_array_get(items, 0), "short_code"),
			       api_text(json_array_get(items, 1), "short_code"),
			       json_array_size(items) > 2 ? ", ..." : "");
	*ret_code = xstrdup(api_text(json_array_get(items, 0), "short_code"));
	return 0;
}

int host_ref_path(const char *word, const char *suffix, char **ret, struct err *err)
{
	autojson json_t *doc = NULL;
	autofree char *own = api_path(HOSTS, word, "?fields=short_code");
	autofree char *code = NULL;

	if (may_be_prefix(word) && api_get(own, &doc, err) < 0) {
		if (err->code != ERR_HOST_UNKNOWN)
			return -err->code;
		err_clear(err);
		TRY(find_by_prefix(word, &code, err));
	}
	*ret = api_path(HOSTS, code ? code : word, suffix);
	return 0;
}
