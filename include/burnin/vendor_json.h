/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as health tools print it: one odd field must not hide the rest of a report. Text before the
 * document is passed over; a number that no integer holds becomes a large one; "nan" becomes null;
 * bytes that are not UTF-8 become '?'; of two members with one name the last counts. What is cut
 * off is still an error. For tools' output alone: documents of people and peers are read strictly.
 */
#ifndef BURNIN_VENDOR_JSON_H
#define BURNIN_VENDOR_JSON_H

#include <jansson.h>
#include <stdint.h>
#include <base/err.h>

#define VENDOR_NUMBER_MAX INT64_MAX /* "too large to say" */

/* trust: none. owns: *ret is the caller's. errors: ERR_TOO_BIG, ERR_JSON, ERR_FIELD_TYPE (the
 * document is not an object). */
MUST_CHECK int vendor_json_load(const char *p, size_t n_bytes, json_t **ret, struct err *err);

/* A count: a number, or a string that holds one ("55", "0x37", "2%"). -1: missing or not a count. A
 * negative number is not a count, nor is a fraction; one above INT64_MAX is VENDOR_NUMBER_MAX. value may be NULL. */
int64_t vendor_json_count(const json_t *value);
/* The member at a path of keys separated by '/', NULL if one is missing. */
MUST_CHECK json_t *vendor_json_at(json_t *doc, const char *path);
/* The member's text, "" if it is missing or is not text. */
const char *vendor_json_text(json_t *doc, const char *path);

#endif
