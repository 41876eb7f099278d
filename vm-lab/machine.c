/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host of a bench is made of, and how that changes while the lab runs; declared in bench.h. Input: a dump of
 * SMBIOS, which smbios.c takes apart.
 */
#include <string.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include "bench.h"
#include "disk.h"
#include "domain_xml.h"
#include "net.h"
#include "smbios.h"

struct smbios_files {
	char *paths[SMBIOS_MAX_STRUCTURES];
	size_t n;
};

static void smbios_files_done(struct smbios_files *f)
{
	while (f->n)
		free(f->paths[--f->n]);
}

/* Beside the host's variables: HOST.nvram.smbios-17 */
static int structures_write(const struct bench_host *h, const struct smbios_structures *list,
			    struct smbios_files *files, struct err *err)
{
	for (size_t i = 0; i < list->n; i++) {
		char *path = xasprintf("%s.smbios-%zu", h->nvram_path, i);

		files->paths[files->n++] = path;
		TRY(file_write_atomic(path, list->items[i].p, list->items[i].n_bytes, 0644, err));
	}
	return 0;
}

static int dump_write(const struct bench *b, const struct bench_host *h, struct smbios_files *files,
		      struct err *err)
{
	autofree char *path = scenario_path(b->s, h->now.smbios);
	autofree struct smbios_structures *list = xcalloc(1, sizeof(*list));
	autofree char *dump = NULL;
	size_t n_bytes;

	TRY(file_read(path, SMBIOS_DUMP_MAX_BYTES, &dump, &n_bytes, err));
	if (smbios_dump_split((const uint8_t *)dump, n_bytes, list, err) < 0)
		return err_wrap(err, "%s", path);
	if (list->n_processors && list->n_processors != h->now.sockets)
		return err_set(err, ERR_LAB_SCENARIO,
			       "%s: it has %zu processors and host '%s' %u sockets", path,
			       list->n_processors, h->now.name, h->now.sockets);
	return structures_write(h, list, files, err);
}

static int slots_write(const struct bench_host *h, struct smbios_files *files, struct err *err)
{
	autofree struct smbios_structures *list = xcalloc(1, sizeof(*list));
	uint8_t memory[SMBIOS_SLOTS_BYTES];

	smbios_slots(&h->now, memory, list);
	return structures_write(h, list, files, err);
}

static int describe(const struct bench *b, struct bench_host *h, struct smbios_files *files,
		    struct err *err)
{
	struct domain_setup setup = {.accel = hypervisor_accel(),
				     .bridge = LAB_BRIDGE,
				     .console_path = h->console_path,
				     .nvram_path = h->nvram_path};
	char *xml = NULL;

	TRY(*h->now.smbios ? dump_write(b, h, files, err) : slots_write(h, files, err));
	setup.smbios_files = files->paths;
	setup.n_smbios_files = files->n;
	text_print(setup.port, sizeof(setup.port), LAB_PORT "%zu", (size_t)(h - b->hosts) + 1);
	memcpy(setup.disk_paths, h->disk_paths, sizeof(setup.disk_paths));
	TRY(domain_xml(&h->now, &setup, &xml, err));
	free(h->xml);
	h->xml = xml;
	return 0;
}

int bench_describe(struct bench *b, struct bench_host *h, struct err *err)
{
	autofree struct smbios_files *files = xcalloc(1, sizeof(*files));
	int rc = describe(b, h, files, err);

	smbios_files_done(files);
	return rc;
}

/* ---- changes --------------------------------------------------------------------------------- */

static void new_serial(struct bench_host *h, size_t index)
{
	text_print(h->now.disks[index].serial, sizeof(h->now.disks[index].serial), "NEW-%s",
		   h->spec->disks[index].serial);
	h->now.disks[index].fault = DISK_FAULT_NONE;
}

void bench_swap_bad_disks(struct bench_host *h)
{
	for (size_t i = 0; i < h->now.n_disks; i++)
		if (h->now.disks[i].fault != DISK_FAULT_NONE)
			new_serial(h, i);
}

int bench_swap_disk(struct bench_host *h, size_t index, struct err *err)
{
	new_serial(h, index);
	return disk_make(h->disk_paths[index], &h->now.disks[index], h->disk_hex[index], err);
}

void bench_pull_dimm(struct bench_host *h, size_t index)
{
	struct lab_dimm *d = &h->now.dimms[index];

	h->now.memory_mib -= d->size_mib;
	d->size_mib = 0;
}

void bench_set_clock(struct bench_host *h, int64_t rtc_wall_s)
{
	h->now.has_clock = true;
	h->now.rtc_wall_s = rtc_wall_s;
}
