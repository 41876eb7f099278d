/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One object of the server for people, as "name  value" lines, or as JSON.
 */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include <stdbool.h>

/* Get `path` and print the object. Returns an exit code. blocks. */
int page_show(const char *path, bool json);

#endif
