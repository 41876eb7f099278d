/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling templates of user data; see user_data.h. What is filled in is never looked at again, so a
 * serial number that reads "{fqdn}" stays what it is.
 */
#include "user_data.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <proto/plan.h>

static void add_plain(struct str *out, const char *value)
{
	for (const char *p = value ? value : ""; *p; p++)
		str_addc(out, isalnum((unsigned char)*p) || strchr("._-", *p) ? *p : '-');
}

/* The bytes of the placeholder that text begins with, which was filled in; 0: none. */
static size_t fill_one(const struct user_data_facts *f, const char *text, struct str *out)
{
	const struct {
		const char *name, *value;
	} words[] = {{"{hostname}", f->hostname},
		     {"{fqdn}", f->fqdn},
		     {"{short_code}", f->short_code},
		     {"{serial}", f->serial},
		     {"{arch}", f->arch}};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_starts(text, words[i].name)) {
			add_plain(out, words[i].value);
			return strlen(words[i].name);
		}
	return 0;
}

static bool is_template(const char *text)
{
	size_t n = strlen(USER_DATA_TEMPLATE);

	return text && str_starts(text, USER_DATA_TEMPLATE) &&
	       (!text[n] || text[n] == '\n' || text[n] == '\r');
}

int user_data_fill(const struct user_data_facts *facts, char **text, struct err *err)
{
	autostr struct str out = {0};
	const char *p;

	if (!is_template(*text))
		return 0;
	str_init(&out, PLAN_USER_DATA_MAX_BYTES);
	p = strchr(*text, '\n');
	for (p = p ? p + 1 : ""; *p;) {
		size_t n = fill_one(facts, p, &out);

		if (!n)
			str_addc(&out, *p);
		p += n ? n : 1;
	}
	if (!str_ok(&out))
		return err_set(err, ERR_TOO_BIG,
			       "the user data is longer than %d bytes with the "
			       "host's facts",
			       PLAN_USER_DATA_MAX_BYTES);
	free(*text);
	*text = xstrdup(out.p ? out.p : "");
	return 0;
}
