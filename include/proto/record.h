/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message codecs as tables: one const row a field serves both directions, so that what the agent
 * may say and what the server accepts cannot part. Knows no transport and no meaning.
 *
 * Invariants: a decoded string is valid UTF-8 without control characters and fits its array; a list
 * has at most `max` items; a member that no row names is refused; a value that is unknown (empty
 * string, zero, TRI_UNKNOWN) is left out when encoding, unless its row says FIELD_ALWAYS.
 *
 * How to add a field: 1. a member in the message's struct. 2. a row in its table. 3. a row in
 * tests/unit/proto/. 4. a line in provisioner/proto/README.md.
 */
#ifndef PROTO_RECORD_H
#define PROTO_RECORD_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>
#include <base/json.h>
#include <base/vec.h>

enum field_type {
	FIELD_STR,     /* char[size], NUL-terminated; a needed one has at least min (or 1) bytes */
	FIELD_HEX,     /* like FIELD_STR: exactly size - 1 lower-case hex digits, or absent */
	FIELD_INT,     /* int64_t between min and max */
	FIELD_BOOL,    /* bool */
	FIELD_TRI,     /* enum tri */
	FIELD_OBJ,     /* a struct in place, described by sub */
	FIELD_LIST,    /* VEC(struct) of at most max items of item_bytes each, described by sub */
	FIELD_STRINGS, /* VEC(struct text64) of at most max items */
	FIELD_JSON,    /* json_t *, an object, owned by the record */
	FIELD_ARRAY,   /* json_t *, an array of at most max items, owned by the record; sub says to
			* readers what an item holds, and is not looked at */
	FIELD_VIEW, /* const char * into the document, of at most max bytes; NULL when absent. With
			* sub an object may stand in its place, whose members lie beside it */
};

enum tri { TRI_UNKNOWN, TRI_NO, TRI_YES };

enum {
	FIELD_NEEDED = 1,   /* decoding fails without it */
	FIELD_ALWAYS = 2,   /* encoded even when it is empty or zero */
	FIELD_NULLABLE = 4, /* FIELD_INT: -1 is written as null, and null or absence reads as -1 */
};

struct field {
	const char *key; /* NULL ends a table */
	enum field_type type;
	unsigned flags;
	size_t offset;
	size_t size; /* of the char array, or of one list item */
	int64_t min, max;
	const struct field *sub;
	const char *const *choices; /* FIELD_STR, FIELD_VIEW: the words there are, or NULL */
	const char *about;          /* for people who write such a document, or NULL */
};

struct text64 {
	char s[65];
};
typedef VEC(struct text64) text64_list;

#define FIELD_AT(S, m) .offset = offsetof(S, m)
#define F_STR(S, k, m, f, ...)                                                                     \
	{                                                                                          \
		.key = k, .type = FIELD_STR, .flags = f, FIELD_AT(S, m),                           \
		.size = sizeof(((S *)0)->m), ##__VA_ARGS__                                         \
	}
#define F_HEX(S, k, m, f, ...)                                                                     \
	{                                                                                          \
		.key = k, .type = FIELD_HEX, .flags = f, FIELD_AT(S, m),                           \
		.size = sizeof(((S *)0)->m), ##__VA_ARGS__                                         \
	}
#define F_INT(S, k, m, f, a, b, ...)                                                               \
	{                                                                                          \
		.key = k, .type = FIELD_INT, .flags = f, FIELD_AT(S, m), .min = a, .max = b,       \
		##__VA_ARGS__                                                                      \
	}
#define F_BOOL(S, k, m, f, ...)                                                                    \
	{                                                                                          \
		.key = k, .type = FIELD_BOOL, .flags = f, FIELD_AT(S, m), ##__VA_ARGS__            \
	}
#define F_TRI(S, k, m, f, ...)                                                                     \
	{                                                                                          \
		.key = k, .type = FIELD_TRI, .flags = f, FIELD_AT(S, m), ##__VA_ARGS__             \
	}
#define F_OBJ(S, k, m, f, t, ...)                                                                  \
	{                                                                                          \
		.key = k, .type = FIELD_OBJ, .flags = f, FIELD_AT(S, m), .sub = t, ##__VA_ARGS__   \
	}
#define F_LIST(S, k, m, f, n, t, ...)                                                              \
	{                                                                                          \
		.key = k, .type = FIELD_LIST, .flags = f, FIELD_AT(S, m),                          \
		.size = sizeof(*((S *)0)->m.items), .max = n, .sub = t, ##__VA_ARGS__              \
	}
#define F_STRINGS(S, k, m, f, n, ...)                                                              \
	{                                                                                          \
		.key = k, .type = FIELD_STRINGS, .flags = f, FIELD_AT(S, m), .max = n,             \
		##__VA_ARGS__                                                                      \
	}
#define F_JSON(S, k, m, f, ...)                                                                    \
	{                                                                                          \
		.key = k, .type = FIELD_JSON, .flags = f, FIELD_AT(S, m), ##__VA_ARGS__            \
	}
#define F_ARRAY(S, k, m, f, n, ...)                                                                \
	{                                                                                          \
		.key = k, .type = FIELD_ARRAY, .flags = f, FIELD_AT(S, m), .max = n, ##__VA_ARGS__ \
	}
#define F_VIEW(S, k, m, f, n, ...)                                                                 \
	{                                                                                          \
		.key = k, .type = FIELD_VIEW, .flags = f, FIELD_AT(S, m), .max = n, ##__VA_ARGS__  \
	}
/* Members of an object that lie beside those of the one around it. */
#define F_GROUP(S, k, f, t, ...)                                                                   \
	{                                                                                          \
		.key = k, .type = FIELD_OBJ, .flags = f, .sub = t, ##__VA_ARGS__                   \
	}
#define F_END                                                                                      \
	{                                                                                          \
		.key = NULL                                                                        \
	}

/* The record as a JSON object. Strings from hardware are cleaned on the way (text_clean).
 * owns: the caller (json_decref). */
MUST_CHECK json_t *record_encode(const struct field *fields, const void *record);

/* Fill a zeroed record. trust: none of obj. owns: record_done() also after an error.
 * errors: ERR_FIELD_MISSING, ERR_FIELD_UNKNOWN, ERR_FIELD_TYPE, ERR_FIELD_RANGE, ERR_INVALID */
MUST_CHECK int record_decode(const struct field *fields, json_t *obj, void *record,
			     struct err *err);
/* The same inside a document: pointers in errors start with the parent's. */
int record_decode_in(const struct field *fields, struct json_reader *reader, void *record);

/* Free lists and JSON members; the record may be filled again. */
void record_done(const struct field *fields, void *record);

/* Copy text from outside: valid UTF-8 kept, control characters and broken bytes become '?', white
 * space at both ends removed, cut at a character's border when it does not fit. */
void text_clean(char *dst, size_t dst_bytes, const char *src, size_t src_bytes);

#endif
