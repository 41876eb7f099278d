/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pax header for all entries (type 'g') that a tar may begin with. libarchive passes over it, so
 * what it sets (an owner, a time) would be lost without a word; git's sets a comment alone.
 */
#include "tar_global.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>

#include "disk_open.h"

#define BLOCK_BYTES 512
#define TYPE_AT     156
#define MAGIC_AT    257
#define LENGTH_MAX  6 /* digits of a record's length */

/* "LENGTH key=value\n"; false at the end and where there is no record. */
static bool next_record(struct sv *rest, struct sv *ret_key)
{
	size_t length = 0, n_digits = 0;

	while (n_digits < rest->n && n_digits < LENGTH_MAX && rest->p[n_digits] >= '0' &&
	       rest->p[n_digits] <= '9')
		length = length * 10 + (size_t)(rest->p[n_digits++] - '0');
	if (!n_digits || n_digits >= rest->n || rest->p[n_digits] != ' ' || length <= n_digits + 1)
		return false;
	if (length > rest->n)
		length = rest->n; /* its key is in sight, its value is not asked for */
	*ret_key = (struct sv){rest->p + n_digits + 1, length - n_digits - 1};
	*ret_key = sv_split(ret_key, '=');
	*rest = (struct sv){rest->p + length, rest->n - length};
	return true;
}

static bool is_harmless(struct sv key)
{
	return sv_eq_str(key, "comment") || sv_eq_str(key, "charset") ||
	       sv_eq_str(key, "hdrcharset");
}

int tar_global_check(const char *path, struct err *err)
{
	autofree uint8_t *head = xmalloc(FORMAT_HEAD_BYTES);
	struct sv rest, key;
	bool is_packed;
	size_t n;

	TRY(disk_head(path, head, &n, &is_packed, err));
	if (n <= BLOCK_BYTES || head[TYPE_AT] != 'g' || memcmp(head + MAGIC_AT, "ustar", 5) != 0)
		return 0;
	rest = (struct sv){(const char *)head + BLOCK_BYTES, n - BLOCK_BYTES};
	while (next_record(&rest, &key))
		if (!is_harmless(key))
			return err_set(
				err, ERR_IMAGE_INPUT,
				"'%s' begins with a pax header that sets '%.*s' for all "
				"entries, which is not read: unpack it and make the tar anew",
				path, (int)(key.n < 64 ? key.n : 64), key.p);
	return 0;
}
