/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of the inventory for people and programs: one function for every collection. Filters are
 * written as in a URL (state=ready cores>=32), all pages are walked unless --limit says otherwise.
 */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include <jansson.h>

struct column {
	const char *title;  /* NULL ends a list */
	const char *member; /* "image.line" goes into an object */
};
#define LISTING_ARGUMENTS                                                                          \
	"[--json|--csv] [--watch] [--fields NAMES] [--sort FIELDS] [--limit N] [--at TIME] "       \
	"[--search TEXT] "                                                                         \
	"[FILTER]..."

/* The body of a `list` command. path: "/api/v1/hosts". */
int listing_run(int argc, char **argv, const char *path, const struct column *columns);
/* Print one object as "name  value" lines, or JSON. */
int listing_show(const char *path, int json);
void listing_print_table(json_t *items, const struct column *columns);
/* True when --json is among the words; it is removed. */
int listing_take_json(int *argc, char **argv);

#endif
