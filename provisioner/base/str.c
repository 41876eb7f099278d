/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct str (a bounded growing buffer), views, globbing and number parsing; see base/str.h.
 */
#include <base/str.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char empty_text[1] = "";

void str_init(struct str *s, size_t max_bytes)
{
	*s = (struct str){.p = empty_text, .max_bytes = max_bytes};
}

void str_done(struct str *s)
{
	if (s->cap_bytes)
		free(s->p);
	*s = (struct str){.p = empty_text};
}

void str_clear(struct str *s)
{
	s->n_bytes = 0;
	s->overflow = false;
	if (s->cap_bytes)
		s->p[0] = '\0';
}

bool str_ok(const struct str *s)
{
	return !s->overflow;
}

/* Room for n more bytes and the NUL, or the sticky flag. */
static bool reserve(struct str *s, size_t n_bytes)
{
	size_t cap;

	if (s->overflow || n_bytes > s->max_bytes - s->n_bytes) {
		s->overflow = true;
		return false;
	}
	if (s->n_bytes + n_bytes < s->cap_bytes)
		return true;
	cap = s->cap_bytes ? s->cap_bytes : 64;
	while (cap <= s->n_bytes + n_bytes)
		cap *= 2;
	s->p = s->cap_bytes ? xrealloc(s->p, cap) : xmalloc(cap);
	s->cap_bytes = cap;
	return true;
}

void str_addn(struct str *s, const void *p, size_t n_bytes)
{
	if (!n_bytes || !reserve(s, n_bytes))
		return;
	memcpy(s->p + s->n_bytes, p, n_bytes);
	s->n_bytes += n_bytes;
	s->p[s->n_bytes] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_addn(s, text, strlen(text));
}

void str_add_i64(struct str *s, int64_t n)
{
	char digits[20], *p = digits + sizeof(digits);
	uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	do
		*--p = (char)('0' + left % 10);
	while (left /= 10);
	if (n < 0)
		str_addc(s, '-');
	str_addn(s, p, (size_t)(digits + sizeof(digits) - p));
}

void str_addc(struct str *s, char c)
{
	str_addn(s, &c, 1);
}

void str_addv(struct str *s, const char *format, va_list ap)
{
	va_list again;
	size_t room = s->cap_bytes ? s->cap_bytes - s->n_bytes : 0;
	int n;

	/* most texts fit: print where it belongs, and again only when it did not fit */
	va_copy(again, ap);
	n = vsnprintf(room ? s->p + s->n_bytes : NULL, room, format, again);
	va_end(again);
	if (n >= 0 && (size_t)n < room && !s->overflow && (size_t)n <= s->max_bytes - s->n_bytes) {
		s->n_bytes += (size_t)n;
		return;
	}
	if (room)
		s->p[s->n_bytes] = '\0';
	if (n < 0 || !reserve(s, (size_t)n))
		return;
	if (!s->cap_bytes) /* nothing to add to an empty, unallocated str */
		return;
	vsnprintf(s->p + s->n_bytes, (size_t)n + 1, format, ap);
	s->n_bytes += (size_t)n;
}

void str_addf(struct str *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	str_addv(s, format, ap);
	va_end(ap);
}

/* Bytes from here on that mean the same inside JSON. */
static size_t plain_run(const char *text)
{
	size_t n = 0;

	while (text[n] >= 0x20 && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

void str_add_json(struct str *s, const char *text)
{
	while (*text) {
		size_t run = plain_run(text);

		str_addn(s, text, run);
		text += run;
		if (!*text)
			return;
		size_t n = utf8_length(text);

		if (!n)
			str_add(s, "\\ufffd");
		else if (*text == '"' || *text == '\\')
			str_addf(s, "\\%c", *text);
		else if (utf8_is_control(text, n))
			str_addf(s, "\\u%04x", (unsigned char)text[n - 1]);
		else
			str_addn(s, text, n);
		text += n ? n : 1;
	}
}

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void str_add_url(struct str *s, const char *text)
{
	for (; *text; text++) {
		if (is_unreserved(*text))
			str_addc(s, *text);
		else
			str_addf(s, "%%%02X", (unsigned char)*text);
	}
}

void str_add_printable(struct str *s, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c >= 0x7f || c == '\\')
			str_addf(s, "\\x%02x", c);
		else
			str_addc(s, (char)c);
	}
}

char *str_take(struct str *s)
{
	char *p;

	if (s->overflow)
		return NULL;
	p = s->cap_bytes ? s->p : xstrdup("");
	*s = (struct str){.p = empty_text, .max_bytes = s->max_bytes};
	return p;
}

struct sv sv_of(const char *text)
{
	return (struct sv){text, strlen(text)};
}

bool sv_eq(struct sv a, struct sv b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

bool sv_eq_str(struct sv a, const char *text)
{
	return sv_eq(a, sv_of(text));
}

bool sv_starts(struct sv a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.n >= n && (!n || !memcmp(a.p, prefix, n));
}

struct sv sv_split(struct sv *rest, char separator)
{
	const char *at = rest->n ? memchr(rest->p, separator, rest->n) : NULL;
	struct sv head = *rest;

	if (!at) {
		*rest = (struct sv){rest->p + rest->n, 0};
		return head;
	}
	head.n = (size_t)(at - rest->p);
	*rest = (struct sv){at + 1, rest->n - head.n - 1};
	return head;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

struct sv sv_trim(struct sv a)
{
	while (a.n && is_space(a.p[0])) {
		a.p++;
		a.n--;
	}
	while (a.n && is_space(a.p[a.n - 1]))
		a.n--;
	return a;
}

bool str_copy(char *dst, size_t dst_bytes, const char *src)
{
	size_t n = strlen(src);

	if (n >= dst_bytes) {
		dst[0] = '\0';
		return false;
	}
	memcpy(dst, src, n + 1);
	return true;
}

bool str_eq(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

bool str_starts(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

bool str_ends(const char *text, const char *suffix)
{
	size_t n = strlen(text), m = strlen(suffix);

	return n >= m && !strcmp(text + n - m, suffix);
}

bool str_glob(const char *pattern, const char *text)
{
	/* Where to go back to when a match after the last '*' fails: no recursion, no exponent. */
	const char *star = NULL, *resume = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool parse_u64(const char *text, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(v, 10U, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*text - '0'), &v))
			return false;
	}
	*ret = v;
	return true;
}

bool parse_i64(const char *text, int64_t *ret)
{
	bool negative = *text == '-';
	uint64_t v;

	if (!parse_u64(text + negative, &v) || v > (uint64_t)INT64_MAX + negative)
		return false;
	*ret = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

bool parse_size_bytes(const char *text, uint64_t *ret_bytes)
{
	static const char units[] = "KMGT";
	size_t n = strlen(text);
	char digits[24];
	uint64_t v, factor = 1;
	const char *unit = n ? strchr(units, text[n - 1]) : NULL;

	if (unit && *unit) {
		factor = 1ULL << (10 * (unit - units + 1));
		n--;
	}
	if (n >= sizeof(digits))
		return false;
	memcpy(digits, text, n);
	digits[n] = '\0';
	return parse_u64(digits, &v) && !__builtin_mul_overflow(v, factor, ret_bytes);
}
