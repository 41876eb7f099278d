/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading pstore; see former_boot.h. HW: EFI variables are small, so a record is cut into parts, of which
 * the first holds the last lines. Input: files of a kernel that was dying.
 */
#include "former_boot.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/limits.h>
#include <base/str.h>
#include <proto/record.h>

#include "sysfs.h"

#define FOLDER       "sys/fs/pstore"
#define RECORD_BYTES MIB

/* "Panic#1 Part3": false where it is not the record of a fault. */
static bool read_header(struct sv *rest, unsigned *ret_part)
{
	struct sv line = sv_split(rest, '\n');
	char text[64], reason[16];
	unsigned number;

	(void)text_clean(text, sizeof(text), line.p, line.n);
	*ret_part = 1;
	return sscanf(text, "%15[A-Za-z]#%4u Part%4u", reason, &number, ret_part) >= 2 &&
	       (str_eq(reason, "Panic") || str_eq(reason, "Oops") || str_eq(reason, "Emergency"));
}

/* "<4>[   12.345678] text": without the level. */
static void take_line(struct sv line, struct former_boot *ret)
{
	char *to = ret->lines[FORMER_BOOT_LINES - 1];
	size_t skip = line.n > 3 && line.p[0] == '<' && line.p[2] == '>' ? 3 : 0;
	char text[FORMER_BOOT_LINE_BYTES];

	text_clean(text, sizeof(text), line.p + skip, line.n - skip);
	if (!*text)
		return;
	memmove(ret->lines[0], ret->lines[1], sizeof(ret->lines) - sizeof(ret->lines[0]));
	(void)str_copy(to, sizeof(ret->lines[0]), text);
	if (ret->n < FORMER_BOOT_LINES)
		ret->n++;
}

bool former_boot_parse(const char *text, size_t n_bytes, struct former_boot *ret)
{
	struct sv rest = {text, n_bytes};

	*ret = (struct former_boot){0};
	if (!read_header(&rest, &ret->part))
		return false;
	while (rest.n)
		take_line(sv_split(&rest, '\n'), ret);
	/* Lines were shifted in from the end. */
	memmove(ret->lines[0], ret->lines[FORMER_BOOT_LINES - ret->n],
		ret->n * sizeof(ret->lines[0]));
	return ret->n > 0;
}

/* Of several that were written in the same second, the first part: it holds the end. */
static void take_newest(const char *root, const char *name, struct former_boot *best)
{
	autofree char *path = xasprintf("%s/" FOLDER "/%s", root, name);
	autofree char *text = NULL;
	struct former_boot f;
	struct stat st;
	size_t n_bytes;

	if (!str_starts(name, "dmesg-") || str_ends(name, ".enc.z") || lstat(path, &st) < 0 ||
	    !S_ISREG(st.st_mode) || file_read(path, RECORD_BYTES, &text, &n_bytes, NULL) < 0 ||
	    !former_boot_parse(text, n_bytes, &f))
		return;
	f.at_s = st.st_mtime;
	if (!best->n || f.at_s > best->at_s || (f.at_s == best->at_s && f.part < best->part))
		*best = f;
}

bool former_boot_read(const char *root, struct former_boot *ret)
{
	*ret = (struct former_boot){0};
	if (!*root && sysfs_exists(root, FOLDER)) /* mounted already: EBUSY, and that is well */
		(void)mount("pstore", "/" FOLDER, "pstore",
			    MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	autonames struct sysfs_names names = sysfs_list(root, FOLDER);
	for (size_t i = 0; i < names.n; i++)
		take_newest(root, names.names[i], ret);
	return ret->n > 0;
}

void former_boot_describe(const struct former_boot *f, char *ret, size_t ret_bytes)
{
	char at[TIME_TEXT_BYTES];
	size_t first = 0, n_bytes = 96; /* the words before the lines */

	for (size_t i = f->n; i > 0; i--) {
		n_bytes += strlen(f->lines[i - 1]) + strlen(" | ");
		if (n_bytes > ret_bytes) {
			first = i;
			break;
		}
	}
	struct str text;
	str_init(&text, 8192);
	time_rfc3339(f->at_s * 1000000, at);
	str_addf(&text, "the boot before ended at %s by this host's clock with: ", at);
	for (size_t i = first; i < f->n; i++)
		str_addf(&text, "%s%s", i > first ? " | " : "", f->lines[i]);
	(void)text_fit(ret, ret_bytes, text.p);
	str_done(&text);
}
