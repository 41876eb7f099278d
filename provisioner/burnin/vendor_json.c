/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A filter in front of the JSON parser; see vendor_json.h. It copies the text token by token and
 * changes only tokens that the parser would refuse.
 */
#include <burnin/vendor_json.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define DIGITS_OF_INT64  18 /* so many fit in any case */
#define NUMBER_MAX_BYTES 64
#define LARGE            "9.3e18"

/* One escape, "\n" or "\u00e9"; what is not one, or half of a pair, becomes '?'. */
static const char *copy_escape(const char *p, const char *end, struct str *out)
{
	bool four = end - p >= 6 && p[1] == 'u';

	for (int i = 2; four && i < 6; i++)
		four = isxdigit((unsigned char)p[i]);
	bool half = four && tolower((unsigned char)p[2]) == 'd' && !isdigit((unsigned char)p[3]);
	half |= four && tolower((unsigned char)p[2]) == 'd' && p[3] >= '8';
	bool plain = end - p >= 2 && strchr("\"\\/bfnrt", p[1]) != NULL;

	if (four && !half)
		str_addn(out, p, 6);
	else if (plain)
		str_addn(out, p, 2);
	else
		str_addc(out, '?');
	return p + (four ? 6 : plain ? 2 : 1);
}

/* HW: serial numbers of some drives hold bytes above 0x7f, or a control character. */
static const char *copy_string(const char *p, const char *end, struct str *out)
{
	str_addc(out, *p++);
	while (p < end && *p != '"') {
		size_t n = utf8_length(p);

		if (*p == '\\') {
			p = copy_escape(p, end, out);
		} else if (n == 0 || (unsigned char)*p < 0x20) {
			str_addc(out, '?');
			p++;
		} else {
			str_addn(out, p, n);
			p += n;
		}
	}
	if (p < end)
		str_addc(out, *p++);
	return p;
}

/* A number or a bare word. */
static const char *copy_word(const char *p, const char *end, struct str *out)
{
	const char *start = p;
	bool real = false, is_number = isdigit((unsigned char)*p) || *p == '-';

	while (p < end && (isalnum((unsigned char)*p) || strchr("+-._", *p) != NULL) && *p) {
		real |= strchr(".eE", *p) != NULL;
		p++;
	}
	size_t n = (size_t)(p - start);
	bool infinite = n >= 4 && *start == '-' && isalpha((unsigned char)start[1]);

	if (is_number && !infinite && n <= NUMBER_MAX_BYTES) {
		char text[NUMBER_MAX_BYTES + 1];

		memcpy(text, start, n);
		text[n] = '\0';
		double v = strtod(text, NULL);
		if (v > 9e18 || v < -9e18)
			str_add(out, v > 0 ? LARGE : "-" LARGE);
		else
			str_addn(out, start, n);
		if (!real && n > DIGITS_OF_INT64 && v <= 9e18 && v >= -9e18)
			str_add(out, "e0");
	} else if (is_number) {
		str_add(out, infinite ? "null" : LARGE);
	} else if (n == 3 || n >= 6 || n == 0) { /* nan, inf, Infinity; true, null, false stay */
		str_add(out, "null");
	} else {
		str_addn(out, start, n);
	}
	return n ? p : p + 1;
}

/* Tools print warnings before the document; each stands on its own line. */
static const char *find_document(const char *p, const char *end)
{
	for (const char *line = p; line && line < end;) {
		const char *first = line;

		while (first < end && isspace((unsigned char)*first) && *first != '\n')
			first++;
		if (first < end && *first == '{')
			return first;
		line = memchr(line, '\n', (size_t)(end - line));
		line = line ? line + 1 : NULL;
	}
	return p;
}

static void filter(const char *p, const char *end, struct str *out)
{
	while (p < end) {
		if (*p == '"')
			p = copy_string(p, end, out);
		else if (isspace((unsigned char)*p) || strchr("{}[]:,", *p))
			str_addc(out, *p++);
		else
			p = copy_word(p, end, out);
	}
}

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Is there a second document behind the first? Which of them counts, nobody knows. */
static bool holds_another(const char *p, const char *end)
{
	while (p < end && isspace((unsigned char)*p))
		p++;
	return p < end && *p == '{';
}

int vendor_json_load(const char *p, size_t n_bytes, json_t **ret, struct err *err)
{
	autostr struct str text = {0};
	json_error_t why;

	if (n_bytes > LIMIT_TOOL_OUTPUT_BYTES)
		return err_set(err, ERR_TOO_BIG, "the output has %zu bytes, the maximum is %llu",
			       n_bytes, LIMIT_TOOL_OUTPUT_BYTES);
	/* The filter reads characters of up to four bytes: the copy ends in NUL. */
	autofree char *copy = xstrndup(p, n_bytes);
	const char *from = copy + (str_starts(copy, BYTE_ORDER_MARK) ? strlen(BYTE_ORDER_MARK) : 0);
	n_bytes = strlen(copy);
	str_init(&text, 2 * LIMIT_TOOL_OUTPUT_BYTES);
	filter(find_document(from, copy + n_bytes), copy + n_bytes, &text);
	json_t *doc = json_loadb(text.p, text.n_bytes, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK,
				 &why);
	if (!doc)
		return err_set(err, ERR_JSON, "%s (line %d, column %d)", why.text, why.line,
			       why.column);
	if (!json_is_object(doc)) {
		json_decref(doc);
		return err_set(err, ERR_FIELD_TYPE, "the output is not a JSON object");
	}
	if (holds_another(text.p + why.position, text.p + text.n_bytes)) {
		json_decref(doc);
		return err_set(err, ERR_JSON, "the output holds more than one document");
	}
	*ret = doc;
	return 0;
}

/* "1,055" is 1055. false: it does not begin with a digit, or is too long. */
static bool ungrouped(const char *text, char ret[static NUMBER_MAX_BYTES + 1])
{
	size_t n = 0;

	for (const char *p = text; *p; p++) {
		if (*p == ',')
			continue;
		if (n == NUMBER_MAX_BYTES)
			return false;
		ret[n++] = *p;
	}
	ret[n] = '\0';
	return isdigit((unsigned char)*text) != 0;
}

int64_t vendor_json_count(const json_t *value)
{
	double v = -1;

	if (json_is_object(value)) /* nvme-cli breaks bit fields down beside their "value" */
		value = json_object_get(value, "value");
	if (json_is_integer(value))
		return json_integer_value(value) >= 0 ? json_integer_value(value) : -1;
	if (json_is_real(value)) {
		v = json_real_value(value);
	} else if (json_is_string(value)) {
		char text[NUMBER_MAX_BYTES + 1];
		char *end;

		if (!ungrouped(json_string_value(value), text))
			return -1;
		v = strtod(text, &end);
		if (*end && strcmp(end, "%") != 0)
			return -1;
	}
	if (!(v >= 0))
		return -1;
	if (v >= 9.2e18)
		return VENDOR_NUMBER_MAX;
	return v == (double)(int64_t)v ? (int64_t)v : -1;
}

json_t *vendor_json_at(json_t *doc, const char *path)
{
	struct sv rest = sv_of(path);

	while (rest.n && doc) {
		struct sv key = sv_split(&rest, '/');
		char name[64];

		BUG_ON(key.n >= sizeof(name));
		memcpy(name, key.p, key.n);
		name[key.n] = '\0';
		doc = json_object_get(doc, name);
	}
	return doc;
}

const char *vendor_json_text(json_t *doc, const char *path)
{
	const char *text = json_string_value(vendor_json_at(doc, path));

	return text ? text : "";
}
