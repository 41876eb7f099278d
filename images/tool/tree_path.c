/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See tree_path.h. Input: names from archives and folders of anybody.
 */
#include "tree_path.h"

#include <stdlib.h>
#include <string.h>

#include <base/str.h>

char *tree_clean_path(const char *path)
{
	char *clean = xmalloc(strlen(path) + 1);
	size_t n = 0;

	while (*path) {
		size_t part = strcspn(path, "/");

		if (part == 2 && path[0] == '.' && path[1] == '.') {
			free(clean);
			return NULL;
		}
		if (part && !(part == 1 && path[0] == '.')) {
			if (n)
				clean[n++] = '/';
			memcpy(clean + n, path, part);
			n += part;
		}
		path += part;
		path += *path == '/';
	}
	clean[n] = '\0';
	return clean;
}
