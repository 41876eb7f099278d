/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict JSON at the border, over jansson: UTF-8 only, duplicate keys refused, depth and size
 * capped before parsing, numbers as written. Then typed getters that name the offending field by
 * its JSON pointer (RFC 6901) in err->pointer.
 *
 *     autojson json_t *doc = NULL;
 *     TRY(json_load_strict(body, n, LIMIT_JSON_BODY_BYTES, &doc, err));
 *     struct json_reader r = json_reader_root(doc, err);
 *     const char *name = json_need_str(&r, "name", 1, LIMIT_NAME_BYTES);
 *     int64_t ttl_s = json_opt_int(&r, "ttl_s", 1, 3600, 600);
 *     TRY(json_reader_end(&r));          // refuses unknown fields; first error wins
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <base/cleanup.h>
#include <base/err.h>

static inline void json_free(json_t *j)
{
	json_decref(j);
}
DEFINE_AUTO(json, json_t, json_free);
#define autojson AUTO(json)

/* Parse a whole document. trust: none of the bytes. owns: *ret is the caller's (json_decref).
 * errors: ERR_TOO_BIG, ERR_JSON_DEPTH, ERR_JSON */
MUST_CHECK int json_load_strict(const void *p, size_t n_bytes, size_t max_bytes, json_t **ret,
				struct err *err);
/* The same from a file. */
MUST_CHECK int json_load_file_strict(const char *path, size_t max_bytes, json_t **ret,
				     struct err *err);

/* A JSON string of any text, never NULL: what is not UTF-8 becomes '?', NULL becomes "". */
MUST_CHECK json_t *json_string_of(const char *text);

/* Compact text with sorted keys; the caller frees it. A document that could not be made (NULL)
 * becomes "null": whoever signs or stores one checks for NULL before. */
MUST_CHECK char *json_text(const json_t *doc);

/* Reads one object. Keys that were asked for are remembered; json_reader_end() refuses others. */
#define JSON_READER_MAX_KEYS 64
struct json_reader {
	json_t *obj;
	struct err *err;
	int status; /* 0, or the first failure: later calls return defaults and do nothing */
	unsigned n_seen;
	const char *seen[JSON_READER_MAX_KEYS];
	char path[80]; /* pointer of this object, "" for the root */
};

struct json_reader json_reader_root(json_t *obj, struct err *err);
/* A reader for a member object or an array element; path is extended. */
struct json_reader json_reader_sub(const struct json_reader *parent, json_t *obj, const char *key);
struct json_reader json_reader_item(const struct json_reader *parent, json_t *obj, const char *key,
				    size_t index);

/* Strings are views into the document. NULL after a failure. in: lengths in bytes, inclusive. */
const char *json_need_str(struct json_reader *r, const char *key, size_t min_bytes,
			  size_t max_bytes);
const char *json_opt_str(struct json_reader *r, const char *key, size_t max_bytes,
			 const char *fallback);
int64_t json_need_int(struct json_reader *r, const char *key, int64_t min, int64_t max);
int64_t json_opt_int(struct json_reader *r, const char *key, int64_t min, int64_t max,
		     int64_t fallback);
bool json_need_bool(struct json_reader *r, const char *key);
bool json_opt_bool(struct json_reader *r, const char *key, bool fallback);
json_t *json_need_obj(struct json_reader *r, const char *key);
json_t *json_opt_obj(struct json_reader *r, const char *key);
json_t *json_need_arr(struct json_reader *r, const char *key, size_t max_items);
json_t *json_opt_arr(struct json_reader *r, const char *key, size_t max_items);
/* Exactly n hex digits, lower case. */
const char *json_need_hex(struct json_reader *r, const char *key, size_t n_digits);
/* Fail on a field for a reason of the caller's. */
__attribute__((format(printf, 4, 5))) void json_reader_fail(struct json_reader *r, const char *key,
							    enum err_code code, const char *format,
							    ...);
/* 0, or the first failure (negative). Refuses members that nobody asked for. */
int json_reader_end(struct json_reader *r);

#endif
