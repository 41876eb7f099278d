/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading SPCR; see spcr.h. The table names an address; which of the kernel's ports has it, the kernel
 * says. Input: a table of the firmware.
 */
#include "spcr.h"

#include <stdio.h>
#include <string.h>
#include <base/bytes.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/str.h>

#include "sysfs.h"

#define TABLE_MIN_BYTES 80
#define TABLE_MAX_BYTES 4096

enum { SPACE_MEMORY = 0, SPACE_PORT = 1 };

/* Interface types; the first two, and with an address structure a third, are one kind of chip. */
static const struct {
	uint8_t type;
	bool is_pl011;
} kinds[] = {{0x00, false}, {0x01, false}, {0x12, false}, {0x03, true}, {0x0d, true}, {0x0e, true}};

static bool find_kind(uint8_t type, struct spcr *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (kinds[i].type != type)
			continue;
		ret->is_pl011 = kinds[i].is_pl011;
		return true;
	}
	return false;
}

static unsigned speed_of(uint8_t code)
{
	switch (code) {
	case 3:
		return 9600;
	case 4:
		return 19200;
	case 6:
		return 57600;
	case 7:
		return 115200;
	default:
		return 0;
	}
}

static uint8_t sum_of(const uint8_t *p, size_t n_bytes)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < n_bytes; i++)
		sum = (uint8_t)(sum + p[i]);
	return sum;
}

bool spcr_parse(const void *p, size_t n_bytes, struct spcr *ret)
{
	struct cur c = cur_of(p, n_bytes);
	const uint8_t *name = cur_bytes(&c, 4);
	size_t length = cur_le32(&c);

	*ret = (struct spcr){0};
	if (c.short_read || memcmp(name, "SPCR", 4) != 0 || length < TABLE_MIN_BYTES ||
	    length > n_bytes || sum_of(p, length) != 0)
		return false;
	cur_skip(&c, 28); /* the rest of the header */
	bool known = find_kind(cur_u8(&c), ret);
	cur_skip(&c, 3);
	uint8_t space = cur_u8(&c);
	cur_skip(&c, 3); /* width, offset, size of an access */
	ret->memory = space == SPACE_MEMORY;
	ret->address = cur_le64(&c);
	cur_skip(&c, 6); /* interrupts */
	ret->speed = speed_of(cur_u8(&c));
	/* HW: no address means that redirection is switched off */
	return known && space <= SPACE_PORT && ret->address != 0;
}

static bool has_port(const char *root, const char *name, const struct spcr *s)
{
	return sysfs_int(root, 0, "sys/class/tty/%s/%s", name, s->memory ? "iomem_base" : "port") ==
	       (int64_t)s->address;
}

void spcr_console(const char *root, char ret[static CONSOLE_MAX_BYTES])
{
	autofree char *path = xasprintf("%s/sys/firmware/acpi/tables/SPCR", root);
	autofree char *table = NULL;
	autonames struct sysfs_names ports = {0};
	struct spcr s;
	size_t n_bytes;

	ret[0] = '\0';
	if (file_read(path, TABLE_MAX_BYTES, &table, &n_bytes, NULL) < 0 ||
	    !spcr_parse(table, n_bytes, &s))
		return;
	ports = sysfs_list(root, "sys/class/tty");
	for (size_t i = 0; i < ports.n; i++) {
		const char *name = ports.names[i];

		if (!str_starts(name, s.is_pl011 ? "ttyAMA" : "ttyS") || !has_port(root, name, &s))
			continue;
		text_print(ret, CONSOLE_MAX_BYTES, s.speed ? "%s,%un8" : "%s", name, s.speed);
		if (!console_is_good(ret))
			ret[0] = '\0';
		return;
	}
}
