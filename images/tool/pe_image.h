/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headers of a PE/COFF file (Microsoft's "PE Format"), as far as a boot loader's file is
 * judged by them: which machine it runs on and which sections it has. Nothing is loaded or run.
 */
#ifndef IMAGES_TOOL_PE_IMAGE_H
#define IMAGES_TOOL_PE_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <base/err.h>
#include <base/str.h>
#include <images/manifest.h>

#define PE_SECTIONS_MAX     96 /* the format's own limit for images */
#define PE_NAME_BYTES       9
#define PE_MACHINE_X86_64   0x8664
#define PE_MACHINE_AARCH64  0xaa64
#define PE_MACHINE_I386     0x014c
#define PE_MACHINE_ARM      0x01c2
#define PE_MACHINE_RISCV_64 0x5064

struct pe_section {
	char name[PE_NAME_BYTES];
	struct sv content; /* as it lies in the file */
};
struct pe_image {
	uint16_t machine;
	size_t n_sections;
	struct pe_section sections[PE_SECTIONS_MAX];
};

/* out: *ret, whose sections point into p. errors: ERR_IMAGE_BOOT_LOADER: not such a file, or one
 * whose headers name bytes that it does not have. trust: none of p. */
MUST_CHECK int pe_image_read(const void *p, size_t n_bytes, struct pe_image *ret, struct err *err);
/* NULL: the file has no section of that name. */
const struct pe_section *pe_image_section(const struct pe_image *pe, const char *name);
/* "x86_64", "aarch64", "i386", ... or "an unknown machine". */
const char *pe_machine_str(uint16_t machine);
uint16_t pe_machine_of(enum image_arch arch);

#endif
