/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of the inventory for people and programs: one function for every collection. Filters are
 * written as in a URL (state=ready cores>=32); all pages are fetched unless --limit is given.
 */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include <base/err.h>

#include "option_table.h"
#include "table.h"

#define LISTING_OPTIONS                                                                            \
	"[--json|--csv] [--watch] [--fields NAMES] [--sort FIELDS] [--limit N] [--at TIME] "       \
	"[--search TEXT] "
#define LISTING_ARGUMENTS              LISTING_OPTIONS "[FILTER]..."
#define LISTING_ARGUMENTS_BELOW(thing) LISTING_OPTIONS thing " [FILTER]..."

/* The body of a `list` command. path: "/api/v1/hosts". */
int listing_run(int argc, char **argv, const char *path, const struct column *columns);
/* The same for what belongs to one thing, which is the first word: path_of(word, suffix) finds the
 * path ("/api/v1/hosts/S1" "/events"), which the listing frees. */
typedef int (*listing_path)(const char *word, const char *suffix, char **ret, struct err *err);
int listing_run_below(int argc, char **argv, listing_path path_of, const char *suffix,
		      const struct column *columns);

/* The body of a `list` command for what is never so much that it comes in pages. member: of the
 * answer, the array ("items"). */
int listing_whole(int argc, char **argv, const char *path, const char *member,
		  const struct column *columns);

#endif
