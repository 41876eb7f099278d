/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NAME=VALUE words of a command line, for a URL's query and for the body of a request. The server
 * checks the names and the values; here they only get their JSON type.
 */
#ifndef CLI_NAME_VALUE_H
#define CLI_NAME_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <base/str.h>

#include "option_table.h"

/* Split at the first '='; false without one, or with nothing before it. *ret_value points into the
 * word. */
bool name_value_split(const char *word, struct sv *ret_name, const char **ret_value);

/* Append the words to a URL, percent-encoded: "?state=ready&cores%3E32=". A word without '=' is a
 * filter such as "cores>32". */
void name_value_add_query(struct str *url, const struct words *words);
/* The same for one pair. */
void name_value_add_pair(struct str *url, const char *name, const char *value);

/* What is not a text in the body of a request. */
enum value_kind {
	VALUE_NUMBER, /* a whole number; anything else stays a text, which the server refuses */
	VALUE_FLAG,   /* true or false */
	VALUE_LIST,   /* texts separated by commas */
};
struct value_row {
	const char *name; /* NULL ends a list */
	enum value_kind kind;
};

/* The words as members of `body`; a dot goes into an object ("disk.serial=S1"), an empty value is
 * null. rows may be NULL: all are texts. Returns 0, or the exit code of a usage error that was
 * printed. */
MUST_CHECK int name_value_json(const struct words *words, const struct value_row *rows,
			       json_t *body);

#endif
