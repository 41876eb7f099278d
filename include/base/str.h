/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings: a growing buffer with a mandatory maximum, a read-only view, and parsers for numbers.
 *
 * Invariants of struct str: p is never NULL and always NUL-terminated; n_bytes excludes the NUL;
 * once an append would pass max_bytes, nothing more is appended and str_ok() is false for good,
 * so that ten appends need one check.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/alloc.h>
#include <base/cleanup.h>
#include <base/err.h>
#include <base/text.h>

struct str {
	char *p;
	size_t n_bytes;
	size_t cap_bytes;
	size_t max_bytes;
	bool overflow;
};

void str_init(struct str *s, size_t max_bytes);
void str_done(struct str *s);
void str_clear(struct str *s);
bool str_ok(const struct str *s);
void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const void *p, size_t n_bytes);
void str_addc(struct str *s, char c);
void str_add_i64(struct str *s, int64_t n);
__attribute__((format(printf, 2, 3))) void str_addf(struct str *s, const char *format, ...);
__attribute__((format(printf, 2, 0))) void str_addv(struct str *s, const char *format, va_list ap);

/* Append text as the inside of a JSON string (what is not UTF-8 becomes U+FFFD, control characters
 * \uNNNN), percent-encoded (RFC 3986 unreserved kept), or printable for a log or terminal (control
 * and non-ASCII bytes as \xNN). */
void str_add_json(struct str *s, const char *text);
void str_add_url(struct str *s, const char *text);
void str_add_printable(struct str *s, const char *text);

/* Hand the buffer to the caller (who frees it) and leave an empty str. NULL after an overflow. */
MUST_CHECK char *str_take(struct str *s);

#define autostr __attribute__((cleanup(str_done)))

/* A view of bytes that somebody else owns. */
struct sv {
	const char *p;
	size_t n;
};
#define SV(literal) ((struct sv){(literal), sizeof(literal) - 1})
struct sv sv_of(const char *text);
bool sv_eq(struct sv a, struct sv b);
bool sv_eq_str(struct sv a, const char *text);
bool sv_starts(struct sv a, const char *prefix);
/* Cut *rest at the first separator: returns the part before it and leaves the part after it. */
struct sv sv_split(struct sv *rest, char separator);
struct sv sv_trim(struct sv a);

/* Copy with a bound; false (and an empty string) if it does not fit. */
bool str_copy(char *dst, size_t dst_bytes, const char *src);
bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);

/* Shell-style pattern with * and ? only, case-sensitive, linear memory. in: pattern from a profile,
 * text from a host: neither can make it take more than |pattern| x |text| steps. */
bool str_glob(const char *pattern, const char *text);

/* Whole-string decimal numbers: no sign for u64, no white space, no overflow; false on anything
 * else. */
bool parse_u64(const char *text, uint64_t *ret);
bool parse_i64(const char *text, int64_t *ret);
/* "512", "64K", "8M", "20G", "2T" (powers of 1024). */
bool parse_size_bytes(const char *text, uint64_t *ret_bytes);

#endif
