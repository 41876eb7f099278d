/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small kernel files below a root; see sysfs.h. Paths are made by our own code from names that the
 * kernel gives to devices; no name from the wire comes here.
 */
#include "sysfs.h"

#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/str.h>
#include <base/vec.h>
#include <proto/record.h>

#define MAX_NAMES 8192
#define MAX_LINKS 16

__attribute__((format(printf, 2, 0))) static bool join(char path[static PATH_MAX],
						       const char *format, const char *root,
						       va_list ap)
{
	int n = snprintf(path, PATH_MAX, "%s/", root);

	if (n < 0 || n >= PATH_MAX)
		return false;
	int m = vsnprintf(path + n, (size_t)(PATH_MAX - n), format, ap);
	return m >= 0 && m < PATH_MAX - n;
}

/* ---- trees that lost their links --------------------------------------------------------------
 */

/* A tree that came in an archive or over a file system without symbolic links has small files in
 * their place, which hold the target ("../devices/pci0000:00/.."). The machine's own /sys is never
 * read this way. False if the file is not such a link. */
static bool read_text_link(const char *path, char target[static PATH_MAX])
{
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 3 || st.st_size >= 1024)
		return false;
	file_read_line(path, target, PATH_MAX);
	return str_starts(target, "../") || str_starts(target, "./");
}

/* Put the target in the place of what ends at end, and go on with the rest. */
static bool replace_link(char path[static PATH_MAX], size_t end, const char *target)
{
	autofree char *rest = xstrdup(path + end);
	size_t from = end;

	while (from && path[from - 1] != '/')
		from--;
	int n = snprintf(path + from, PATH_MAX - from, "%s%s", target, rest);
	return n >= 0 && (size_t)n < PATH_MAX - from;
}

/* Also the last part, if last is set. */
static bool follow(const char *root, char path[static PATH_MAX], bool last)
{
	char target[PATH_MAX];
	unsigned n_followed = 0;

	if (!*root)
		return true;
	for (size_t i = strlen(root) + 1;; i++) {
		char at = path[i];

		if (at && at != '/')
			continue;
		if (!at && !last)
			return true;
		path[i] = '\0';
		bool is_link = read_text_link(path, target);
		path[i] = at;
		if (is_link && (++n_followed > MAX_LINKS || !replace_link(path, i, target)))
			return false;
		if (is_link)
			i = strlen(root);
		else if (!at)
			return true;
	}
}

#define JOIN_OR(failure)      JOIN_LAST_OR(failure, false)
#define JOIN_LINK_OR(failure) JOIN_LAST_OR(failure, true)
#define JOIN_LAST_OR(failure, last)                                                                \
	char path[PATH_MAX];                                                                       \
	va_list ap;                                                                                \
	va_start(ap, format);                                                                      \
	bool fits = join(path, format, root, ap) && follow(root, path, last);                      \
	va_end(ap);                                                                                \
	if (!fits)                                                                                 \
	return failure

bool sysfs_text(const char *root, char *ret, size_t ret_bytes, const char *format, ...)
{
	char line[1024];

	*ret = '\0';
	JOIN_OR(false);
	file_read_line(path, line, sizeof(line));
	text_clean(ret, ret_bytes, line, sizeof(line));
	return *ret != '\0';
}

int64_t sysfs_int(const char *root, int64_t fallback, const char *format, ...)
{
	char line[64], *end;
	long long v;

	JOIN_OR(fallback);
	file_read_line(path, line, sizeof(line));
	if (!*line)
		return fallback;
	v = strtoll(line, &end, str_starts(line, "0x") ? 16 : 10);
	return *end ? fallback : v;
}

bool sysfs_link_name(const char *root, char *ret, size_t ret_bytes, const char *format, ...)
{
	char target[PATH_MAX];

	*ret = '\0';
	JOIN_OR(false);
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0 && !(*root && read_text_link(path, target)))
		return false;
	if (n > 0)
		target[n] = '\0';
	const char *slash = strrchr(target, '/');
	text_clean(ret, ret_bytes, slash ? slash + 1 : target, sizeof(target));
	return *ret != '\0';
}

bool sysfs_resolve(const char *root, char *ret, size_t ret_bytes, const char *format, ...)
{
	char base[PATH_MAX] = "", full[PATH_MAX];

	*ret = '\0';
	JOIN_LINK_OR(false);
	if (!realpath(path, full) || (*root && !realpath(root, base)))
		return false;
	return str_starts(full, base) && str_copy(ret, ret_bytes, full + strlen(base));
}

bool sysfs_exists(const char *root, const char *format, ...)
{
	JOIN_OR(false);
	return access(path, F_OK) == 0;
}

static int by_version(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

struct sysfs_names sysfs_list(const char *root, const char *format, ...)
{
	struct sysfs_names list = {0};

	VEC(char *) names = {0};
	struct dirent *entry;

	JOIN_LINK_OR(list);
	DIR *dir = opendir(path);
	if (!dir)
		return list;
	while (names.n < MAX_NAMES && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			VEC_PUSH(&names, xstrdup(entry->d_name));
	closedir(dir);
	if (names.n)
		qsort(names.items, names.n, sizeof(*names.items), by_version);
	list.names = names.items;
	list.n = names.n;
	return list;
}

void sysfs_names_done(struct sysfs_names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->names[i]);
	free(l->names);
	*l = (struct sysfs_names){0};
}
