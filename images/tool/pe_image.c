/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading PE/COFF headers; see pe_image.h.
 */
#include "pe_image.h"

#include <string.h>

#include <base/bytes.h>
#include <base/json.h>

#define DOS_MAGIC      0x5a4d     /* "MZ" */
#define DOS_NEW_HEADER 0x3c       /* where the offset of the PE header stands */
#define PE_MAGIC       0x00004550 /* "PE\0\0" */

static const struct {
	uint16_t machine;
	const char *name;
} machines[] = {
	{PE_MACHINE_X86_64, "x86_64"},  {PE_MACHINE_AARCH64, "aarch64"},  {PE_MACHINE_I386, "i386"},
	{PE_MACHINE_ARM, "32-bit ARM"}, {PE_MACHINE_RISCV_64, "riscv64"},
};

const char *pe_machine_str(uint16_t machine)
{
	for (size_t i = 0; i < ARRAY_LEN(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].name;
	return "an unknown machine";
}

uint16_t pe_machine_of(enum image_arch arch)
{
	return arch == IMAGE_ARCH_X86_64 ? PE_MACHINE_X86_64 : PE_MACHINE_AARCH64;
}

/* The file from an offset on; an empty cursor that ran out when there is nothing. */
static struct cur at(const void *p, size_t n_bytes, size_t offset)
{
	struct cur c = cur_of(p, n_bytes);

	cur_skip(&c, offset);
	return c;
}

static int read_section(struct cur *headers, const void *p, size_t n_bytes, struct pe_section *s,
			struct err *err)
{
	const uint8_t *name = cur_bytes(headers, PE_NAME_BYTES - 1);
	uint32_t memory_bytes = cur_le32(headers), file_bytes, offset;

	cur_skip(headers, 4);
	file_bytes = cur_le32(headers);
	offset = cur_le32(headers);
	cur_skip(headers, 16);
	if (headers->short_read ||
	    (file_bytes && (offset > n_bytes || file_bytes > n_bytes - offset)))
		return err_set(err, ERR_IMAGE_BOOT_LOADER,
			       "a section of the program ends behind the end of the file");
	memcpy(s->name, name, PE_NAME_BYTES - 1);
	s->name[PE_NAME_BYTES - 1] = '\0';
	/* the file is padded to its alignment; the section's own length is the smaller one */
	s->content.p = file_bytes ? (const char *)p + offset : NULL;
	s->content.n = memory_bytes && memory_bytes < file_bytes ? memory_bytes : file_bytes;
	return 0;
}

int pe_image_read(const void *p, size_t n_bytes, struct pe_image *ret, struct err *err)
{
	struct cur dos = at(p, n_bytes, 0), offset = at(p, n_bytes, DOS_NEW_HEADER), c;
	uint16_t magic = cur_le16(&dos), optional_bytes;

	*ret = (struct pe_image){0};
	c = at(p, n_bytes, cur_le32(&offset));
	if (magic != DOS_MAGIC || offset.short_read || cur_le32(&c) != PE_MAGIC || c.short_read)
		return err_set(err, ERR_IMAGE_BOOT_LOADER, "not a program for UEFI (a PE file)");
	ret->machine = cur_le16(&c);
	ret->n_sections = cur_le16(&c);
	cur_skip(&c, 12);
	optional_bytes = cur_le16(&c);
	cur_skip(&c, 2);
	cur_skip(&c, optional_bytes);
	if (c.short_read || ret->n_sections > PE_SECTIONS_MAX)
		return err_set(
			err, ERR_IMAGE_BOOT_LOADER,
			"the headers of the PE file are cut, or name %zu sections: at most %d",
			ret->n_sections, PE_SECTIONS_MAX);
	for (size_t i = 0; i < ret->n_sections; i++)
		TRY(read_section(&c, p, n_bytes, &ret->sections[i], err));
	return 0;
}

const struct pe_section *pe_image_section(const struct pe_image *pe, const char *name)
{
	for (size_t i = 0; i < pe->n_sections; i++)
		if (str_eq(pe->sections[i].name, name))
			return &pe->sections[i];
	return NULL;
}
