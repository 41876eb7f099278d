/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One object of the server for people, as "name  value" lines, or as JSON.
 */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include <stdbool.h>

#include "listing.h"

/* Get `path` and print the object. Returns an exit code. blocks. */
int page_show(const char *path, bool json);
/* The body of a command whose only word names a thing: path_of(word, suffix) finds its path. */
int page_show_of(int argc, char **argv, listing_path path_of, const char *suffix);

#endif
