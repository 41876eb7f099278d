/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small PE file, as far as headers go: boot loaders for trees of tests.
 */
#ifndef TESTS_UNIT_IMAGES_PE_PROGRAM_H
#define TESTS_UNIT_IMAGES_PE_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "images/tool/pe_image.h"

#define PE_PROGRAM_BYTES 4096

/* A section: its name (at most 8 bytes) and its text. */
struct pe_text {
	const char *name, *text;
};
/* Fill p with a program for a machine; texts end with a NULL name, at most 8 of 256 bytes. mark:
 * a word behind the headers by which the file is known again. */
void pe_program(uint8_t p[static PE_PROGRAM_BYTES], uint16_t machine, const char *mark,
		const struct pe_text *texts);
/* The same as a file below a folder, with the folders on the way. */
void pe_program_write(const char *dir, const char *path, uint16_t machine, const char *mark,
		      const struct pe_text *texts);

#endif
