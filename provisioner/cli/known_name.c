/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for known_hosts; see known_name.h. Input: the server's answers, which hold what people typed.
 */
#include "known_name.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <base/json.h>
#include <base/str.h>

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

/* A name as known_hosts takes it: no pattern, no second name. */
static bool is_host_name(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-._", *p))
			return false;
	return *text && *text != '-';
}

static int check_alone(const json_t *host, const char *name, const json_t *same, struct err *err)
{
	const char *id = text_of(host, "id");
	size_t i;
	const json_t *other;

	if (json_array_size(same) >= KNOWN_NAMES_MAX)
		return err_set(err, ERR_HOST_AMBIGUOUS,
			       "the names of %d hosts or more begin with '%.64s': give this host "
			       "another name (slipway host set HOST name=NAME)",
			       KNOWN_NAMES_MAX, name);
	json_array_foreach (same, i, other)
		if (!strcasecmp(text_of(other, "name"), name) && !str_eq(text_of(other, "id"), id))
			return err_set(err, ERR_HOST_AMBIGUOUS,
				       "host %s and host %s are both named '%.64s': rename one "
				       "(slipway host set HOST name=NAME)",
				       text_of(host, "short_code"), text_of(other, "short_code"),
				       name);
	return 0;
}

int known_name(const json_t *host, const json_t *same, const char **ret, struct err *err)
{
	const char *name = text_of(host, "name");

	if (!is_host_name(name))
		return err_set(err, ERR_INVALID,
			       "host '%.64s' has no name for known_hosts: give it one (slipway "
			       "host set HOST name=NAME)",
			       text_of(host, "short_code"));
	TRY(check_alone(host, name, same, err));
	*ret = name;
	return 0;
}
