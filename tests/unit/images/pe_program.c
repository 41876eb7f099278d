/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small PE file for trees of tests; see pe_program.h.
 */
#include "pe_program.h"

#include <tests/harness/check.h>
#include <string.h>

#include <base/bytes.h>
#include <base/file.h>
#include <base/str.h>

#define HEADER_AT  0x80
#define SECTION_AT (HEADER_AT + 4 + 20)
#define TEXT_AT    1024
#define TEXT_BYTES 256

static void put_section(uint8_t *p, size_t i, const struct pe_text *t)
{
	uint8_t *s = p + SECTION_AT + i * 40;
	size_t at = TEXT_AT + i * TEXT_BYTES;

	memcpy(s, t->name, strlen(t->name));
	put_le32(s + 8, (uint32_t)strlen(t->text));
	put_le32(s + 16, TEXT_BYTES);
	put_le32(s + 20, (uint32_t)at);
	memcpy(p + at, t->text, strlen(t->text));
}

void pe_program(uint8_t p[static PE_PROGRAM_BYTES], uint16_t machine, const char *mark,
		const struct pe_text *texts)
{
	size_t n = 0;

	memset(p, 0, PE_PROGRAM_BYTES);
	memcpy(p, "MZ", 2);
	put_le32(p + 0x3c, HEADER_AT);
	memcpy(p + HEADER_AT, "PE\0\0", 4);
	put_le16(p + HEADER_AT + 4, machine);
	for (; texts && texts[n].name; n++)
		put_section(p, n, &texts[n]);
	put_le16(p + HEADER_AT + 6, (uint16_t)n);
	memcpy(p + PE_PROGRAM_BYTES - 64, mark, strlen(mark));
}

void pe_program_write(const char *dir, const char *path, uint16_t machine, const char *mark,
		      const struct pe_text *texts)
{
	autofree char *full = xasprintf("%s/%s", dir, path), *folder = xstrdup(full);
	uint8_t p[PE_PROGRAM_BYTES];

	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_make_dirs(folder, 0755, NULL), 0);
	pe_program(p, machine, mark, texts);
	assert_int_equal(file_write_atomic(full, p, sizeof(p), 0644, NULL), 0);
}
