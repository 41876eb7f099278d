/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives behind RAID cards; see raid_drives.h. smartctl finds those of MegaRAID and of SSSRAID itself
 * (--scan opens no disk); for the others their numbers are tried, and drives that the kernel holds back
 * from its disk driver have a device of their own (/dev/sgN). smartctl knows no way through mpi3mr.
 * Input: names from sysfs, documents of smartctl.
 */
#include "raid_drives.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/process.h>
#include <base/str.h>

#include "drive_path.h"
#include "raid_volume.h"
#include "smart_identity.h"
#include "sysfs.h"

#define TOOL_MS    15000
#define ALL_MS     120000
#define CARDS_MAX  32
#define TRIES_MAX  1024 /* of smartctl, for all cards */
#define SILENT_MAX 8    /* numbers in a row without a drive end the search */
#define SCSI_DISK  0
#define SCSI_CARD  12 /* "storage array controller" */
#define SCSI_AREC  3  /* Areca's answer as "processor" */

enum way { WAY_SCAN, WAY_SG, WAY_NUMBERS };

static const struct card_kind {
	const char *driver;
	enum way way;
	const char *access; /* of WAY_NUMBERS: "cciss,%u"; of WAY_SCAN: how the words begin */
	unsigned first, last;
	const char *device; /* the card's own: "/dev/twa"; NULL: its /dev/sgN of the type below */
	int64_t device_type;
	bool gaps; /* empty bays have numbers, too: all are tried */
} kinds[] = {
	{"megaraid_sas", WAY_SCAN, "megaraid,", 0, 0, NULL, 0, false},
	{"sssraid", WAY_SCAN, "sssraid,", 0, 0, NULL, 0, false},
	{"hpsa", WAY_NUMBERS, "cciss,%u", 0, 127, NULL, SCSI_CARD, false},
	{"smartpqi", WAY_NUMBERS, "cciss,%u", 0, 127, NULL, SCSI_CARD, false},
	{"3w-9xxx", WAY_NUMBERS, "3ware,%u", 0, 31, "/dev/twa", 0, true},
	{"3w-sas", WAY_NUMBERS, "3ware,%u", 0, 31, "/dev/twl", 0, true},
	{"3w-xxxx", WAY_NUMBERS, "3ware,%u", 0, 15, "/dev/twe", 0, true},
	{"arcmsr", WAY_NUMBERS, "areca,%u", 1, 24, NULL, SCSI_AREC, true},
	{"mpt3sas", WAY_SG, NULL, 0, 0, NULL, 0, false},
	{"mpt2sas", WAY_SG, NULL, 0, 0, NULL, 0, false},
	{"mptsas", WAY_SG, NULL, 0, 0, NULL, 0, false},
	{"aacraid", WAY_SG, NULL, 0, 0, NULL, 0, false},
};

struct card {
	const struct card_kind *kind;
	unsigned host;     /* of SCSI */
	unsigned instance; /* among the cards of its driver */
	char pci[33];
};

struct search {
	const char *root;
	const drive_list *visible;
	const struct raid_reader *reader;
	raid_drive_list *found;
	struct card cards[CARDS_MAX];
	size_t n_cards;
	unsigned n_tries;
};

/* ---- cards ----------------------------------------------------------------------------------- */

static const struct card_kind *kind_of(const char *driver)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_eq(kinds[i].driver, driver))
			return &kinds[i];
	return NULL;
}

static void find_cards(struct search *s)
{
	autonames struct sysfs_names hosts = sysfs_list(s->root, "sys/class/scsi_host");

	for (size_t i = 0; i < hosts.n && s->n_cards < CARDS_MAX; i++) {
		struct card card = {0};
		char path[512], driver[64];

		if (sscanf(hosts.names[i], "host%u", &card.host) != 1 ||
		    !sysfs_resolve(s->root, path, sizeof(path), "sys/class/scsi_host/%s",
				   hosts.names[i]))
			continue;
		raid_driver_of(s->root, path, driver, sizeof(driver));
		card.kind = kind_of(driver);
		if (!card.kind)
			continue;
		(void)drive_path_pci(path, card.pci, sizeof(card.pci));
		for (size_t k = 0; k < s->n_cards; k++)
			card.instance += s->cards[k].kind == card.kind;
		s->cards[s->n_cards++] = card;
	}
}

/* ---- one drive ------------------------------------------------------------------------------- */

static bool same(const struct facts_drive *a, const struct facts_drive *b)
{
	if (a->wwn[0] && b->wwn[0])
		return str_eq(a->wwn, b->wwn);
	return a->serial[0] && str_eq(a->serial, b->serial);
}

static bool is_known(const struct search *s, const struct facts_drive *f)
{
	for (size_t i = 0; i < s->visible->n; i++)
		if (same(&s->visible->items[i].facts, f))
			return true;
	for (size_t i = 0; i < s->found->n; i++)
		if (same(&s->found->items[i], f))
			return true;
	return false;
}

/* For people; the card with the number that it has for the drive. Behind a /dev/sgN of its own a drive
 * has the address that its card gave it. */
static void put_names(const struct card *card, const struct smart_path *path, const char *place,
		      struct facts_drive *f)
{
	const char *number = strchr(path->access, ',');
	char name[128];

	(void)str_copy(f->device, sizeof(f->device), path->device);
	(void)str_copy(f->access, sizeof(f->access), path->access);
	(void)str_copy(f->controller, sizeof(f->controller), card->pci);
	text_print(name, sizeof(name), "%s%s%s", path->device + strlen("/dev/"),
		   path->access[0] ? " " : "", path->access);
	(void)text_fit(f->name, sizeof(f->name), name);
	text_print(name, sizeof(name), "%s%s%s", card->pci, card->pci[0] ? " " : "", place);
	if (!place[0])
		text_print(name, sizeof(name), "%s%sdrive %s", card->pci, card->pci[0] ? " " : "",
			   number ? number + 1 : "");
	(void)text_fit(f->slot, sizeof(f->slot), name);
}

/* Returns whether a drive answered, known or not. */
static bool try_drive(struct search *s, const struct card *card, const struct smart_path *path,
		      const char *place)
{
	const char *argv[] = {
		"smartctl",   "--json=c", "-i", path->device, path->access[0] ? "-d" : NULL,
		path->access, NULL};
	struct facts_drive f;

	if (s->n_tries++ >= TRIES_MAX || s->found->n == FACTS_MAX_DRIVES)
		return false;
	autofree char *text = s->reader->run(s->reader->arg, argv);
	if (!text || !smart_identity_parse(text, &f))
		return false;
	if (is_known(s, &f))
		return true;
	put_names(card, path, place, &f);
	VEC_PUSH(s->found, f);
	return true;
}

/* ---- by smartctl's own scan ------------------------------------------------------------------ */

/* The card of "/dev/bus/N": N is its SCSI host. A device without a host belongs to the only card of
 * that kind; of several, to one that is not named. */
static const struct card *card_of(const struct search *s, const struct smart_path *path)
{
	static const struct card unnamed = {0};
	const struct card *only = NULL;
	unsigned host, n = 0;
	bool named = sscanf(path->device, "/dev/bus/%u", &host) == 1;

	for (size_t i = 0; i < s->n_cards; i++) {
		const struct card *c = &s->cards[i];

		if (c->kind->way != WAY_SCAN || !strstr(path->access, c->kind->access))
			continue;
		if (named && c->host == host)
			return c;
		only = c;
		n++;
	}
	return !named && n == 1 ? only : &unnamed;
}

static void search_by_scan(struct search *s)
{
	static const char *const argv[] = {"smartctl", "--json=c", "--scan", NULL};
	smart_path_list paths = {0};
	bool wanted = false;

	for (size_t i = 0; i < s->n_cards; i++)
		wanted |= s->cards[i].kind->way == WAY_SCAN;
	if (!wanted)
		return;
	autofree char *text = s->reader->run(s->reader->arg, argv);
	if (text)
		smart_scan_parse(text, &paths);
	for (size_t i = 0; i < paths.n; i++)
		(void)try_drive(s, card_of(s, &paths.items[i]), &paths.items[i], "");
	VEC_DONE(&paths);
}

/* ---- by numbers ------------------------------------------------------------------------------ */

/* The first /dev/sgN of that type on the card's host; false: there is none. */
static bool card_device(const struct search *s, const struct card *card, char *ret,
			size_t ret_bytes)
{
	autonames struct sysfs_names names = sysfs_list(s->root, "sys/class/scsi_generic");

	for (size_t i = 0; i < names.n; i++) {
		char path[512];
		const char *at;
		unsigned host;

		if (!sysfs_resolve(s->root, path, sizeof(path), "sys/class/scsi_generic/%s/device",
				   names.names[i]) ||
		    !drive_path_has(path, "host", &at) || sscanf(at, "host%u", &host) != 1 ||
		    host != card->host ||
		    sysfs_int(s->root, -1, "sys/class/scsi_generic/%s/device/type",
			      names.names[i]) != card->kind->device_type)
			continue;
		snprintf(ret, ret_bytes, "/dev/%.32s", names.names[i]);
		return true;
	}
	return false;
}

static void search_by_numbers(struct search *s, const struct card *card)
{
	struct smart_path path = {0};
	unsigned silent = 0;

	if (card->kind->device)
		snprintf(path.device, sizeof(path.device), "%s%u", card->kind->device,
			 card->instance);
	else if (!card_device(s, card, path.device, sizeof(path.device)))
		return;
	for (unsigned n = card->kind->first; n <= card->kind->last; n++) {
		text_print(path.access, sizeof(path.access), "%.*s%u",
			   (int)(strchr(card->kind->access, ',') + 1 - card->kind->access),
			   card->kind->access, n);
		silent = try_drive(s, card, &path, "") ? 0 : silent + 1;
		if (silent == SILENT_MAX && !card->kind->gaps)
			return;
	}
}

/* ---- held back from the disk driver ---------------------------------------------------------- */

/* A member of a volume: a disk by its type that has no block device. */
static bool is_held_back(const struct search *s, const char *sg)
{
	return sysfs_int(s->root, -1, "sys/class/scsi_generic/%s/device/type", sg) == SCSI_DISK &&
	       !sysfs_exists(s->root, "sys/class/scsi_generic/%s/device/block", sg);
}

static void try_sg(struct search *s, const struct card *card, const char *sg, const char *path)
{
	struct smart_path smart = {0};
	unsigned channel, target;
	unsigned long long unit;
	char place[64] = "";

	for (const char *p = path; (p = strchr(p, '/')); p++)
		if (sscanf(p, "/%*u:%u:%u:%llu", &channel, &target, &unit) == 3)
			text_print(place, sizeof(place), "target %u:%u:%llu", channel, target,
				   unit);
	snprintf(smart.device, sizeof(smart.device), "/dev/%.32s", sg);
	(void)try_drive(s, card, &smart, place);
}

static void search_by_sg(struct search *s, const struct card *card)
{
	autonames struct sysfs_names names = sysfs_list(s->root, "sys/class/scsi_generic");

	for (size_t i = 0; i < names.n; i++) {
		char path[512];
		const char *at;
		unsigned host;

		if (!is_held_back(s, names.names[i]) ||
		    !sysfs_resolve(s->root, path, sizeof(path), "sys/class/scsi_generic/%s/device",
				   names.names[i]) ||
		    !drive_path_has(path, "host", &at) || sscanf(at, "host%u", &host) != 1 ||
		    host != card->host)
			continue;
		try_sg(s, card, names.names[i], path);
	}
}

/* ---- the whole ------------------------------------------------------------------------------- */

void raid_drives_read(const char *root, const drive_list *visible, const struct raid_reader *reader,
		      raid_drive_list *ret)
{
	struct search s = {.root = root, .visible = visible, .reader = reader, .found = ret};

	find_cards(&s);
	search_by_scan(&s);
	for (size_t i = 0; i < s.n_cards; i++) {
		if (s.cards[i].kind->way == WAY_NUMBERS)
			search_by_numbers(&s, &s.cards[i]);
		else if (s.cards[i].kind->way == WAY_SG)
			search_by_sg(&s, &s.cards[i]);
	}
}

/* smartctl's status says what it found; its document is read whatever it is. */
static char *run_smartctl(void *arg, const char *const *argv)
{
	const int64_t *end_ms = arg;
	int64_t left_ms = *end_ms - time_boot_ms();
	struct process_options o = {.argv = argv,
				    .timeout_ms = left_ms < TOOL_MS ? left_ms : TOOL_MS};
	struct process_result r = {0};

	if (left_ms <= 0 || process_run(&o, &r, NULL) < 0)
		return NULL;
	char *text = xstrdup(r.out);
	process_result_done(&r);
	return text;
}

void raid_drives_of_machine(const drive_list *visible, raid_drive_list *ret)
{
	int64_t end_ms = time_boot_ms() + ALL_MS;
	const struct raid_reader reader = {run_smartctl, &end_ms};

	raid_drives_read("", visible, &reader, ret);
}

bool raid_drives_are_behind(const struct facts_drive *drives, size_t n, const struct drive *volume)
{
	for (size_t i = 0; i < n; i++)
		if (drives[i].controller[0] && str_eq(drives[i].controller, volume->pci_address))
			return true;
	return false;
}
