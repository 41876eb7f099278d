/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine of files: a folder below /tmp that holds the parts of /sys, /proc and the SMBIOS tables
 * which a test needs. Its root goes to the functions that take one (sysfs.h, machine_facts()).
 *
 *  1. fake_sys_init(). 2. fake_sys_put(), _link(), _smbios_add(). 3. fake_sys_smbios_write(), once,
 *     if tables were added. 4. fake_sys_done() removes the folder.
 *
 * Paths are relative to the root; one with ".." or a leading "/" ends the test.
 */
#ifndef TESTS_HARNESS_FAKE_SYS_H
#define TESTS_HARNESS_FAKE_SYS_H

#include <stddef.h>
#include <stdint.h>

struct fake_sys {
	char root[40];
	uint8_t smbios[65536];
	size_t smbios_bytes;
	uint16_t next_handle;
};

void fake_sys_init(struct fake_sys *t);
void fake_sys_done(struct fake_sys *t);

/* A file with that text; folders on the way are made; a file that is there is replaced. */
void fake_sys_put(const struct fake_sys *t, const char *path, const char *text);
void fake_sys_put_bytes(const struct fake_sys *t, const char *path, const void *p, size_t n_bytes);
/* The same with a path that is put together: "sys/class/net/%s/operstate". */
__attribute__((format(printf, 3, 4))) void fake_sys_putf(const struct fake_sys *t, const char *text,
							 const char *format, ...);
/* A symbolic link at path to target, which is taken as it is. */
void fake_sys_link(const struct fake_sys *t, const char *path, const char *target);

/* One structure: its type, the formatted bytes after the handle, its strings each ended by a NUL
 * ("A\0B\0"). Returns its handle. */
uint16_t fake_sys_smbios_add(struct fake_sys *t, uint8_t type, const void *formatted,
			     size_t n_bytes, const char *strings);
/* A socket (type 4) with a processor. */
void fake_sys_cpu(struct fake_sys *t, const char *socket, const char *model);
/* A memory slot (type 17); size_mib 0: empty. */
struct fake_dimm {
	const char *locator, *bank, *serial, *part_number, *manufacturer;
	uint32_t size_mib;
};
void fake_sys_dimm(struct fake_sys *t, const struct fake_dimm *d);
/* The entry point and the table (SMBIOS 3.4) below sys/firmware/dmi/tables. */
void fake_sys_smbios_write(struct fake_sys *t);

#endif
