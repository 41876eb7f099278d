/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading os-release; see boot_release.h.
 */
#include "boot_release.h"

#include <ctype.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

#define RELEASE_MAX_BYTES 65536

static void take_value(struct sv value, char *ret, size_t ret_bytes)
{
	value = sv_trim(value);
	if (value.n >= 2 && (value.p[0] == '"' || value.p[0] == '\'') &&
	    value.p[value.n - 1] == value.p[0])
		value = (struct sv){value.p + 1, value.n - 2};
	autofree char *text = xstrndup(value.p ? value.p : "", value.n);
	(void)str_copy(ret, ret_bytes, text);
}

void release_parse(const char *text, size_t n_bytes, struct release *ret)
{
	struct sv rest = {text, n_bytes};

	*ret = (struct release){.id = ""};
	while (rest.n) {
		struct sv value = sv_trim(sv_split(&rest, '\n'));
		struct sv key = sv_split(&value, '=');

		if (sv_eq_str(key, "ID"))
			take_value(value, ret->id, sizeof(ret->id));
		else if (sv_eq_str(key, "ID_LIKE"))
			take_value(value, ret->like, sizeof(ret->like));
	}
}

int release_read(const struct boot_files *f, const struct plan *plan, struct release *ret,
		 struct err *err)
{
	const struct boot_file *file = boot_files_find(f, plan, "etc/os-release");
	autofree char *text = NULL;
	size_t n_bytes;

	*ret = (struct release){.id = ""};
	if (!file)
		file = boot_files_find(f, plan, "usr/lib/os-release");
	if (!file || file->size_bytes > RELEASE_MAX_BYTES)
		return 0;
	TRY(boot_file_read(file, &text, &n_bytes, err));
	release_parse(text, n_bytes, ret);
	return 0;
}

bool has_word(const char *words, struct sv word)
{
	struct sv rest = sv_of(words);

	while (word.n && rest.n)
		if (sv_eq(sv_split(&rest, ' '), word))
			return true;
	return false;
}

bool release_is(const struct release *r, const char *vendor)
{
	return str_eq(r->id, vendor) || (str_eq(r->id, "rhel") && str_eq(vendor, "redhat")) ||
	       (str_eq(r->id, "ol") && str_eq(vendor, "redhat"));
}

bool boot_vendor_is_valid(const char *name)
{
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_' && *p != '.')
			return false;
	return *name && *name != '.';
}
