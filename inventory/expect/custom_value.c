/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One check for each type of field. Input: values of callers.
 */
#include "custom_value.h"

#include <string.h>

#include <base/clock.h>
#include <base/cleanup.h>
#include <base/limits.h>
#include <base/str.h>

#define TAG_BYTES_MAX 64

static const char *const type_names[] = {
#define X(name, text) [CUSTOM_##name] = text,
	CUSTOM_TYPES(X)
#undef X
};

const char *custom_type_str(enum custom_type type)
{
	return type_names[type];
}

bool custom_type_parse(const char *text, enum custom_type *ret)
{
	for (enum custom_type t = 0; t < _CUSTOM_TYPE_MAX; t++)
		if (str_eq(type_names[t], text)) {
			*ret = t;
			return true;
		}
	return false;
}

bool custom_name_is_good(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= CUSTOM_NAME_BYTES_MAX && name[0] >= 'a' && name[0] <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static bool is_plain(const json_t *v, size_t max_bytes)
{
	const char *text = json_string_value(v);

	if (!text || !text[0] || strlen(text) > max_bytes || json_string_length(v) != strlen(text))
		return false;
	for (const char *p = text; *p;) {
		size_t n = utf8_length(p);
		if (!n || utf8_is_control(p, n))
			return false;
		p += n;
	}
	return true;
}

static bool is_text(const struct custom_kind *kind, const json_t *v)
{
	(void)kind;
	return is_plain(v, LIMIT_NAME_BYTES);
}

static bool is_number(const struct custom_kind *kind, const json_t *v)
{
	json_int_t n = json_integer_value(v);

	(void)kind;
	return json_is_integer(v) && n >= -CUSTOM_NUMBER_MAX && n <= CUSTOM_NUMBER_MAX;
}

static bool is_date(const struct custom_kind *kind, const json_t *v)
{
	const char *text = json_string_value(v);
	autofree char *time = xasprintf("%sT00:00:00Z", text ? text : "");
	int64_t us;

	(void)kind;
	return text && strlen(text) == 10 && time_parse_rfc3339(time, &us);
}

static bool is_choice(const struct custom_kind *kind, const json_t *v)
{
	size_t i;
	const json_t *one;

	json_array_foreach (kind->choices, i, one)
		if (json_equal(one, v))
			return true;
	return false;
}

static bool is_link(const struct custom_kind *kind, const json_t *v)
{
	const char *text = json_string_value(v);

	(void)kind;
	return is_plain(v, 2048) && !strpbrk(text, " \"<>\\^`{|}") &&
	       (str_starts(text, "https://") || str_starts(text, "http://"));
}

/* A comma would be two values in a filter. */
static bool is_tags(const struct custom_kind *kind, const json_t *v)
{
	size_t i;
	const json_t *one;

	(void)kind;
	json_array_foreach (v, i, one)
		if (!is_plain(one, TAG_BYTES_MAX) || strpbrk(json_string_value(one), ",*"))
			return false;
	return json_is_array(v) && json_array_size(v) <= CUSTOM_TAGS_MAX;
}

static const struct {
	bool (*fits)(const struct custom_kind *kind, const json_t *v);
	const char *wanted;
} checks[_CUSTOM_TYPE_MAX] = {
	[CUSTOM_TEXT] = {is_text, "a text of 1 to 128 bytes without control characters"},
	[CUSTOM_NUMBER] = {is_number, "a whole number"},
	[CUSTOM_DATE] = {is_date, "a date like 2027-03-31"},
	[CUSTOM_CHOICE] = {is_choice, "one of the choices of the field"},
	[CUSTOM_LINK] = {is_link, "a URL with http or https"},
	[CUSTOM_TAGS] = {is_tags, "a list of at most 32 words without commas"},
};

const char *custom_value_reason(const struct custom_kind *kind, const json_t *v)
{
	return checks[kind->type].fits(kind, v) ? NULL : checks[kind->type].wanted;
}
