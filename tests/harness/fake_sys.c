/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees of files that look like machines; see fake_sys.h.
 */
#include "fake_sys.h"

#include <tests/harness/check.h>

#include <stdlib.h>
#include <unistd.h>

#include <base/bytes.h>
#include <base/file.h>
#include <base/str.h>

void fake_sys_init(struct fake_sys *t)
{
	*t = (struct fake_sys){.root = "/tmp/slipway-machine-XXXXXX", .next_handle = 1};
	assert_non_null(mkdtemp(t->root));
}

void fake_sys_done(struct fake_sys *t)
{
	assert_true(str_starts(t->root, "/tmp/slipway-machine-"));
	assert_int_equal(file_remove_tree(t->root, NULL), 0);
	t->root[0] = '\0';
}

/* The path below the root, with the folders on the way made. The caller frees it. */
static char *make_way(const struct fake_sys *t, const char *path)
{
	assert_true(*t->root && *path && *path != '/' && !strstr(path, ".."));
	char *full = xasprintf("%s/%s", t->root, path);
	autofree char *dir = xstrndup(full, (size_t)(strrchr(full, '/') - full));

	assert_int_equal(file_make_dirs(dir, 0755, NULL), 0);
	return full;
}

void fake_sys_put_bytes(const struct fake_sys *t, const char *path, const void *p, size_t n_bytes)
{
	autofree char *full = make_way(t, path);

	assert_int_equal(file_write_atomic(full, p, n_bytes, 0644, NULL), 0);
}

void fake_sys_put(const struct fake_sys *t, const char *path, const char *text)
{
	fake_sys_put_bytes(t, path, text, strlen(text));
}

void fake_sys_putf(const struct fake_sys *t, const char *text, const char *format, ...)
{
	char path[512];
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	assert_true(n > 0 && (size_t)n < sizeof(path));
	fake_sys_put(t, path, text);
}

void fake_sys_link(const struct fake_sys *t, const char *path, const char *target)
{
	autofree char *full = make_way(t, path);

	assert_int_equal(symlink(target, full), 0);
}

/* ---- SMBIOS ---------------------------------------------------------------------------------- */

static void append(struct fake_sys *t, const void *p, size_t n_bytes)
{
	assert_true(n_bytes <= sizeof(t->smbios) - t->smbios_bytes);
	memcpy(t->smbios + t->smbios_bytes, p, n_bytes);
	t->smbios_bytes += n_bytes;
}

uint16_t fake_sys_smbios_add(struct fake_sys *t, uint8_t type, const void *formatted,
			     size_t n_bytes, const char *strings)
{
	uint8_t head[4] = {type, (uint8_t)(n_bytes + 4)};
	uint16_t handle = t->next_handle++;

	put_le16(head + 2, handle);
	append(t, head, sizeof(head));
	append(t, formatted, n_bytes);
	if (!*strings)
		append(t, "", 1);
	for (const char *s = strings; *s; s += strlen(s) + 1)
		append(t, s, strlen(s) + 1);
	append(t, "", 1);
	return handle;
}

struct strings {
	char p[512];
	size_t n;
	uint8_t count;
};

/* The number of a string in its structure; 0, SMBIOS's "not given", for NULL and "". */
static uint8_t string_number(struct strings *s, const char *text)
{
	if (!text || !*text)
		return 0;
	size_t n = strlen(text) + 1;
	assert_true(n < sizeof(s->p) - s->n);
	memcpy(s->p + s->n, text, n);
	s->n += n;
	return ++s->count;
}

void fake_sys_cpu(struct fake_sys *t, const char *socket, const char *model)
{
	uint8_t p[44] = {0};
	struct strings s = {0};

	p[0] = string_number(&s, socket);
	p[1] = 3; /* central processor */
	p[12] = string_number(&s, model);
	p[20] = 0x41; /* populated, enabled */
	fake_sys_smbios_add(t, 4, p, sizeof(p), s.p);
}

void fake_sys_dimm(struct fake_sys *t, const struct fake_dimm *d)
{
	uint8_t p[36] = {0};
	struct strings s = {0};

	put_le16(p + 8, d->size_mib ? 0x7fff : 0);
	put_le32(p + 24, d->size_mib);
	p[12] = string_number(&s, d->locator);
	p[13] = string_number(&s, d->bank);
	p[14] = 0x1a; /* DDR4 */
	p[19] = string_number(&s, d->manufacturer);
	p[20] = string_number(&s, d->serial);
	p[22] = string_number(&s, d->part_number);
	fake_sys_smbios_add(t, 17, p, sizeof(p), s.p);
}

void fake_sys_smbios_write(struct fake_sys *t)
{
	uint8_t entry[24] = "_SM3_", sum = 0;

	fake_sys_smbios_add(t, 127, "", 0, "");
	entry[6] = sizeof(entry);
	entry[7] = 3;
	entry[8] = 4;
	entry[10] = 1;
	put_le32(entry + 12, (uint32_t)t->smbios_bytes);
	for (size_t i = 0; i < sizeof(entry); i++)
		sum = (uint8_t)(sum + entry[i]);
	entry[5] = (uint8_t)-sum;
	fake_sys_put_bytes(t, "sys/firmware/dmi/tables/smbios_entry_point", entry, sizeof(entry));
	fake_sys_put_bytes(t, "sys/firmware/dmi/tables/DMI", t->smbios, t->smbios_bytes);
}
