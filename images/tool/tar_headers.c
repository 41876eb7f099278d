/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers of a tar's entries; see tar_headers.h. POSIX.1-2017, pax Interchange Format: records are
 * "LENGTH key=value\n", those of a 'g' header hold for all entries behind it. libarchive says where the
 * headers of an entry begin and has compared their sums, so nothing here decides where an entry ends.
 */
#include "tar_headers.h"

#include <stdlib.h>
#include <string.h>

#include <base/bytes.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define BLOCK_BYTES 512
#define SIZE_AT     124
#define SIZE_BYTES  12
#define TYPE_AT     156
#define LINK_AT     157
#define HEADERS_MAX 16        /* of one entry; GNU tar writes up to 4 */
#define RECORDS_MAX (1 * MIB) /* in one header: libarchive's own limit */
#define LENGTH_MAX  7         /* digits of a record's length */
#define BASE_256    0x80      /* GNU: a number of bytes, not of octal digits */
#define SHOWN_BYTES 64

struct headers {
	struct source_file *f;
	const char *name;
	uint64_t at;
	char *linkpath; /* of a pax header, or NULL */
};

/* ---- numbers --------------------------------------------------------------------------------- */

static bool is_octal(const uint8_t *p, size_t n_bytes)
{
	size_t n = 0;

	if (p[0] & BASE_256)
		return true;
	while (n < n_bytes && p[n] == ' ')
		n++;
	if (n < n_bytes && p[n] == '-')
		n++;
	while (n < n_bytes && p[n] >= '0' && p[n] <= '7')
		n++;
	return n == n_bytes || p[n] == ' ' || p[n] == '\0';
}

static int check_numbers(const struct headers *h, const uint8_t *block, struct err *err)
{
	static const struct {
		size_t at, n_bytes;
		const char *what;
	} fields[] = {{100, 8, "mode"}, {108, 8, "owner"}, {116, 8, "group"}, {136, 12, "time"}};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (!is_octal(block + fields[i].at, fields[i].n_bytes))
			return err_set(err, ERR_IMAGE_MEMBER,
				       "entry '%s' has a header whose %s is not a number", h->name,
				       fields[i].what);
	return 0;
}

static size_t digits(struct sv *text)
{
	size_t n = 0;

	while (n < text->n && text->p[n] >= '0' && text->p[n] <= '9')
		n++;
	*text = (struct sv){text->p + n, text->n - n};
	return n;
}

static bool is_whole(struct sv value)
{
	if (value.n && value.p[0] == '-')
		value = (struct sv){value.p + 1, value.n - 1};
	return digits(&value) && !value.n;
}

/* Seconds, with a fraction or without. Between -1 and 0 libarchive loses the sign. */
static bool is_time(struct sv value)
{
	struct sv rest = value;
	bool is_negative = value.n && value.p[0] == '-', is_zero = true;

	if (is_negative)
		rest = (struct sv){rest.p + 1, rest.n - 1};
	for (size_t i = 0; i < rest.n && rest.p[i] != '.'; i++)
		is_zero = is_zero && rest.p[i] == '0';
	if (!digits(&rest) || (is_negative && is_zero))
		return false;
	if (rest.n && rest.p[0] == '.') {
		rest = (struct sv){rest.p + 1, rest.n - 1};
		(void)digits(&rest);
	}
	return !rest.n;
}

static bool is_text(struct sv value)
{
	return value.n && !memchr(value.p, '\0', value.n);
}

/* ---- records --------------------------------------------------------------------------------- */

/* The next record's key and value; false where there is none that is well-formed. */
static bool next_record(struct sv *rest, struct sv *ret_key, struct sv *ret_value)
{
	size_t length = 0, n = 0;
	struct sv record;

	while (n < rest->n && n < LENGTH_MAX && rest->p[n] >= '0' && rest->p[n] <= '9')
		length = length * 10 + (size_t)(rest->p[n++] - '0');
	if (!n || length > rest->n || length < n + 3 || rest->p[n] != ' ' ||
	    rest->p[length - 1] != '\n')
		return false;
	record = (struct sv){rest->p + n + 1, length - n - 2};
	if (!memchr(record.p, '=', record.n))
		return false;
	*ret_key = sv_split(&record, '=');
	*ret_value = record;
	*rest = (struct sv){rest->p + length, rest->n - length};
	return ret_key->n != 0;
}

static int check_value(struct headers *h, struct sv key, struct sv value, struct err *err)
{
	static const struct {
		const char *key;
		bool (*is_good)(struct sv value);
	} kinds[] = {{"path", is_text},  {"linkpath", is_text}, {"GNU.sparse.name", is_text},
		     {"uid", is_whole},  {"gid", is_whole},     {"SCHILY.devmajor", is_whole},
		     {"mtime", is_time}, {"size", is_whole},    {"SCHILY.devminor", is_whole}};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (sv_eq_str(key, kinds[i].key) && !kinds[i].is_good(value))
			return err_set(err, ERR_IMAGE_MEMBER,
				       "entry '%s' has a pax header whose %s cannot be read: "
				       "'%.*s'",
				       h->name, kinds[i].key,
				       (int)(value.n < SHOWN_BYTES ? value.n : SHOWN_BYTES),
				       value.p);
	if (sv_eq_str(key, "linkpath")) {
		free(h->linkpath);
		h->linkpath = xstrndup(value.p, value.n);
	}
	return 0;
}

static int check_global(const struct headers *h, struct sv key, struct err *err)
{
	if (sv_eq_str(key, "comment") || sv_eq_str(key, "charset") || sv_eq_str(key, "hdrcharset"))
		return 0;
	return err_set(err, ERR_IMAGE_INPUT,
		       "before entry '%s' is a pax header that sets '%.*s' for all entries behind "
		       "it, which is not read: unpack the tar and make it anew",
		       h->name, (int)(key.n < SHOWN_BYTES ? key.n : SHOWN_BYTES), key.p);
}

static int check_records(struct headers *h, struct sv rest, bool is_global, struct err *err)
{
	struct sv key, value;

	while (rest.n && rest.p[0]) {
		if (!next_record(&rest, &key, &value))
			return err_set(err, ERR_IMAGE_MEMBER, "entry '%s' has a damaged pax header",
				       h->name);
		TRY(is_global ? check_global(h, key, err) : check_value(h, key, value, err));
	}
	return 0;
}

/* ---- headers --------------------------------------------------------------------------------- */

/* GNU's numbers of bytes do not stand here: such a header would have 8 GiB. */
static uint64_t size_of(const uint8_t *block)
{
	uint64_t n = 0;

	for (size_t i = 0; i < SIZE_BYTES; i++)
		if (block[SIZE_AT + i] >= '0' && block[SIZE_AT + i] <= '7')
			n = n * 8 + block[SIZE_AT + i] - '0';
	return n;
}

static int check_special(struct headers *h, const uint8_t *block, struct err *err)
{
	uint64_t n_bytes = size_of(block);
	autofree char *records = NULL;
	char type = (char)block[TYPE_AT];

	h->at += BLOCK_BYTES + (n_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
	if (type != 'x' && type != 'X' && type != 'g')
		return 0;
	if (n_bytes > RECORDS_MAX)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has a pax header of more than %u MiB", h->name,
			       (unsigned)(RECORDS_MAX / MIB));
	records = xcalloc(1, n_bytes + 1);
	TRY(source_file_plain_at(h->f,
				 h->at - (n_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES,
				 records, n_bytes, err));
	return check_records(h, (struct sv){records, n_bytes}, type == 'g', err);
}

static bool is_special(uint8_t type)
{
	return type && strchr("xXgLKAV", type);
}

/* libarchive drops a target of which the entry's own header has nothing. */
static void put_target(const struct headers *h, const uint8_t *block, struct archive_entry *entry)
{
	if (!h->linkpath || block[LINK_AT])
		return;
	if (block[TYPE_AT] == '2')
		archive_entry_copy_symlink(entry, h->linkpath);
	else if (block[TYPE_AT] == '1')
		archive_entry_copy_hardlink(entry, h->linkpath);
}

/* tar and libarchive make a folder of such a file, and its content would be read as headers. */
static int check_folder(const struct headers *h, const uint8_t *block, struct archive_entry *entry,
			struct err *err)
{
	uint8_t type = block[TYPE_AT];

	if (archive_entry_filetype(entry) != AE_IFDIR || (type && type != '0' && type != '7') ||
	    !size_of(block))
		return 0;
	return err_set(err, ERR_IMAGE_MEMBER,
		       "entry '%s' is a file with content, but its name ends with '/' as that of a "
		       "folder",
		       h->name);
}

static int check(struct headers *h, struct archive_entry *entry, struct err *err)
{
	uint8_t block[BLOCK_BYTES];

	for (int i = 0; i < HEADERS_MAX; i++) {
		TRY(source_file_plain_at(h->f, h->at, block, sizeof(block), err));
		if (is_special(block[TYPE_AT])) {
			TRY(check_special(h, block, err));
			continue;
		}
		put_target(h, block, entry);
		TRY(check_folder(h, block, entry, err));
		return check_numbers(h, block, err);
	}
	return err_set(err, ERR_IMAGE_MEMBER, "entry '%s' has more than %d headers", h->name,
		       HEADERS_MAX);
}

int tar_headers_check(struct source_file *f, struct archive_entry *entry, struct err *err)
{
	const char *name = archive_entry_pathname(entry);
	struct headers h = {.f = f, .name = name ? name : ""};
	int status;

	h.at = (uint64_t)archive_read_header_position(source_file_archive(f));
	status = check(&h, entry, err);
	free(h.linkpath);
	return status;
}
