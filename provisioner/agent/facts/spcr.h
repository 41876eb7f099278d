/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The serial console that the firmware itself uses, from ACPI's table SPCR (Serial Port Console
 * Redirection, revision 1 to 4): where a person, or a management controller's serial over LAN, looks.
 */
#ifndef AGENT_SPCR_H
#define AGENT_SPCR_H

#include <proto/console.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spcr {
	bool memory;      /* address is of memory, not of a port */
	bool is_pl011;    /* ARM's, else 16550 */
	uint64_t address; /* never 0 */
	unsigned speed;   /* 0: as the firmware left it */
};

/* trust: none of the bytes. false: no such table, damaged, or a port of another kind. */
bool spcr_parse(const void *p, size_t n_bytes, struct spcr *ret);

/* "ttyS1,115200n8" of the machine below root; "" where there is no table, or no driver has that port. */
void spcr_console(const char *root, char ret[static CONSOLE_MAX_BYTES]);

#endif
