/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers of tars that libarchive reads in silence, each with what must come of it: the entry is taken
 * with the right values, or refused by its name before anything is built.
 */
#include "raw_tar.h"
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>
#include <tests/harness/test_dir.h>

#include <stdlib.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <images/tool/tar_headers.h>

#define TARGET "\xc3\xa9" /* no ASCII: stands in a pax header alone */

static const struct row {
	const char *name;
	char special;            /* type of a pax header before the entry; 0: none */
	const char *key, *value; /* of its one record */
	const char *records;     /* or all of its body */
	char type;
	struct raw_put put[4]; /* into the entry's header */
	int code;              /* 0: taken */
	const char *says;
} rows[] = {
	{.name = "a plain file"},
	{.name = "a file with content that is called as a folder",
	 .type = '7',
	 .put = {{0, "f/"}, {124, "00000001000"}, {156, "0"}},
	 .code = ERR_IMAGE_MEMBER,
	 .says = "folder"},
	{.name = "an owner of letters",
	 .put = {{108, "root   "}},
	 .code = ERR_IMAGE_MEMBER,
	 .says = "owner"},
	{.name = "an owner with an 8",
	 .put = {{108, "0000008"}},
	 .code = ERR_IMAGE_MEMBER,
	 .says = "owner"},
	{.name = "an owner in hexadecimal",
	 .put = {{108, "0x00010"}},
	 .code = ERR_IMAGE_MEMBER,
	 .says = "owner"},
	{.name = "a group of letters",
	 .put = {{116, "wheel"}},
	 .code = ERR_IMAGE_MEMBER,
	 .says = "group"},
	{.name = "a mode of letters",
	 .put = {{100, "rwxr-xr"}},
	 .code = ERR_IMAGE_MEMBER,
	 .says = "mode"},
	{.name = "a time of letters",
	 .put = {{136, "yesterday"}},
	 .code = ERR_IMAGE_MEMBER,
	 .says = "time"},
	{.name = "a time with a point",
	 .put = {{136, "1700000.5"}},
	 .code = ERR_IMAGE_MEMBER,
	 .says = "time"},
	{.name = "numbers behind blanks", .put = {{108, "     17"}}},
	{.name = "a number that ends in a blank", .put = {{108, "000017 "}}},
	{.name = "an owner in bytes (GNU)", .put = {{108, "\x80"}}},
	{.name = "a time before 1970, in octal", .put = {{136, "-0000000001"}}},

	{.name = "a path", .special = 'x', .key = "path", .value = "g"},
	{.name = "an empty path",
	 .special = 'x',
	 .key = "path",
	 .value = "",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "path"},
	{.name = "an owner by pax", .special = 'x', .key = "uid", .value = "1000"},
	{.name = "an owner of letters by pax",
	 .special = 'x',
	 .key = "uid",
	 .value = "root",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "uid"},
	{.name = "an owner with a fraction",
	 .special = 'x',
	 .key = "uid",
	 .value = "1.5",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "uid"},
	{.name = "an empty owner",
	 .special = 'x',
	 .key = "uid",
	 .value = "",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "uid"},
	{.name = "an owner with a blank",
	 .special = 'x',
	 .key = "uid",
	 .value = " 7",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "uid"},
	{.name = "an owner with a sign",
	 .special = 'x',
	 .key = "uid",
	 .value = "+7",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "uid"},
	{.name = "an owner in hexadecimal by pax",
	 .special = 'x',
	 .key = "uid",
	 .value = "0x10",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "uid"},
	{.name = "a group of letters by pax",
	 .special = 'x',
	 .key = "gid",
	 .value = "wheel",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "gid"},
	{.name = "a size of letters",
	 .special = 'x',
	 .key = "size",
	 .value = "big",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "size"},
	{.name = "a device of letters",
	 .special = 'x',
	 .key = "SCHILY.devmajor",
	 .value = "x",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "devmajor"},
	{.name = "a time", .special = 'x', .key = "mtime", .value = "1700000000.25"},
	{.name = "a time that ends in a point",
	 .special = 'x',
	 .key = "mtime",
	 .value = "1700000000."},
	{.name = "a time before 1970", .special = 'x', .key = "mtime", .value = "-5.5"},
	{.name = "a time just before 1970",
	 .special = 'x',
	 .key = "mtime",
	 .value = "-0.5",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "mtime"},
	{.name = "a time with two points",
	 .special = 'x',
	 .key = "mtime",
	 .value = "1.2.3",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "mtime"},
	{.name = "a time without seconds",
	 .special = 'x',
	 .key = "mtime",
	 .value = ".5",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "mtime"},
	{.name = "a time with an exponent",
	 .special = 'x',
	 .key = "mtime",
	 .value = "1e9",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "mtime"},
	{.name = "a key that is not known", .special = 'x', .key = "VENDOR.thing", .value = "x"},
	{.name = "a header of Solaris",
	 .special = 'X',
	 .key = "uid",
	 .value = "root",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "uid"},

	{.name = "a comment for all entries", .special = 'g', .key = "comment", .value = "0123"},
	{.name = "an owner for all entries",
	 .special = 'g',
	 .key = "uid",
	 .value = "1000",
	 .code = ERR_IMAGE_INPUT,
	 .says = "'uid' for all"},
	{.name = "a path for all entries",
	 .special = 'g',
	 .key = "path",
	 .value = "g",
	 .code = ERR_IMAGE_INPUT,
	 .says = "'path' for all"},
	{.name = "a time for all entries",
	 .special = 'g',
	 .key = "mtime",
	 .value = "1",
	 .code = ERR_IMAGE_INPUT,
	 .says = "'mtime' for all"},

	{.name = "a record longer than its header",
	 .special = 'x',
	 .records = "99 uid=7\n",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "damaged"},
	{.name = "a record of no length",
	 .special = 'x',
	 .records = "0 uid=7\n",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "damaged"},
	{.name = "a record shorter than its length",
	 .special = 'x',
	 .records = "3 uid=7\n",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "damaged"},
	{.name = "a record without '='",
	 .special = 'x',
	 .records = "7 uid7\n",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "damaged"},
	{.name = "a record without a key",
	 .special = 'x',
	 .records = "5 =7\n",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "damaged"},
	{.name = "a record without its line's end",
	 .special = 'x',
	 .records = "8 uid=77",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "damaged"},
	{.name = "a length of eight digits",
	 .special = 'x',
	 .records = "00000018 uid=7777\n",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "damaged"},
	{.name = "a length of letters",
	 .special = 'x',
	 .records = "x uid=7\n",
	 .code = ERR_IMAGE_MEMBER,
	 .says = "damaged"},

	{.name = "a link's target in a pax header alone",
	 .special = 'x',
	 .key = "linkpath",
	 .value = TARGET,
	 .type = '2'},
	{.name = "an empty target",
	 .special = 'x',
	 .key = "linkpath",
	 .value = "",
	 .type = '2',
	 .code = ERR_IMAGE_MEMBER,
	 .says = "linkpath"},
};

static char *write_tar(const struct str *tar)
{
	char *path = xasprintf("%s/tar", dir);

	assert_true(str_ok(tar));
	assert_int_equal(file_write_atomic(path, tar->p, tar->n_bytes, 0644, NULL), 0);
	return path;
}

/* Of all entries: the first that is refused. out: the last entry's link, or NULL */
static int read_all(const char *path, char **ret_link, struct err *err)
{
	AUTO(source_file) struct source_file *f = NULL;
	struct archive_entry *entry;
	int status;

	TRY(source_file_tar(path, &f, err));
	while ((status = archive_read_next_header(source_file_archive(f), &entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN) {
		const char *link;

		TRY(tar_headers_check(f, entry, err));
		link = archive_entry_symlink(entry);
		free(*ret_link);
		*ret_link = link ? xstrdup(link) : NULL;
	}
	return status == ARCHIVE_EOF ? 0 : err_set(err, ERR_IMAGE_MEMBER, "not read");
}

static void add_special(struct str *tar, const struct row *row)
{
	autofree char *record = row->key ? raw_tar_record(row->key, row->value) : NULL;

	raw_tar_add(tar, row->special, NULL, sv_of(record ? record : row->records));
}

static void test_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		autostr struct str tar = {0};
		autofree char *path = NULL, *link = NULL;
		struct err err = ERR_INIT;

		str_init(&tar, RAW_TAR_MAX_BYTES);
		raw_tar_add(&tar, 0, NULL, sv_of("first"));
		if (row->special)
			add_special(&tar, row);
		raw_tar_add(&tar, row->type, row->put, sv_of(row->type ? "" : "x"));
		raw_tar_end(&tar);
		path = write_tar(&tar);
		int r = read_all(path, &link, &err);

		if (r != -row->code)
			fail_msg("row '%s': %d: %s", row->name, r, err.msg);
		/* libarchive itself refuses some, without these words */
		if (row->says && !strstr(err.msg, row->says) && !strstr(err.msg, "not read"))
			fail_msg("row '%s': no '%s' in: %s", row->name, row->says, err.msg);
		if (!row->code && row->type == '2')
			CHECK_STR(row->name, link ? link : "", TARGET);
	}
}

/* More headers than an entry has: sixteen are looked at. */
static void test_many(void **state)
{
	autofree char *record = raw_tar_record("comment", "x");

	(void)state;
	for (size_t n = 15; n <= 16; n++) {
		autostr struct str tar = {0};
		autofree char *path = NULL, *link = NULL;
		struct err err = ERR_INIT;

		str_init(&tar, RAW_TAR_MAX_BYTES);
		for (size_t i = 0; i < n; i++)
			raw_tar_add(&tar, 'g', NULL, sv_of(record));
		raw_tar_add(&tar, 0, NULL, sv_of("x"));
		raw_tar_end(&tar);
		path = write_tar(&tar);
		CHECK_INT(n == 15 ? "fifteen" : "sixteen", read_all(path, &link, &err),
			  n == 15 ? 0 : -ERR_IMAGE_MEMBER);
	}
}

/* A header of more than a MiB is refused, not read into memory. */
static void test_large(void **state)
{
	size_t n = 1024 * 1024 + 1;
	autofree char *body = xcalloc(1, n + 1);
	autostr struct str tar = {0};
	autofree char *path = NULL, *link = NULL;
	struct err err = ERR_INIT;

	(void)state;
	memset(body, 'a', n);
	memcpy(body, "1048577 comment=", 16);
	body[n - 1] = '\n';
	str_init(&tar, RAW_TAR_MAX_BYTES);
	raw_tar_add(&tar, 'x', NULL, (struct sv){body, n});
	raw_tar_add(&tar, 0, NULL, sv_of("x"));
	raw_tar_end(&tar);
	path = write_tar(&tar);
	assert_true(read_all(path, &link, &err) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_large),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("images/tar_headers", tests, make_dir, remove_dir);
}
