/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counters of memory controllers' drivers (EDAC), in each layout that kernels have: dimmN, rankN
 * (drivers that count chip-select rows by rank), and csrowN/chM of older kernels alone. What a
 * controller counts beyond its modules is a counter of its own: errors without a place are errors.
 */
#include "burn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

#include <agent/facts/sysfs.h>

#define EDAC "sys/devices/system/edac/mc"

struct controller {
	const char *root, *name; /* "mc0" */
	int number;
	struct edac_place shape; /* what all of its modules share */
	bool ghes;               /* firmware counts, by the number of its memory device */
	struct counters *counters;
	int64_t ce, ue; /* counted by its modules so far */
	bool has_ce, has_ue;
};

static bool is_numbered(const char *name, const char *word)
{
	const char *digits = name + strlen(word);

	return str_starts(name, word) && *digits && strspn(digits, "0123456789") == strlen(digits);
}

/* A label, or where it has none, the place: "mc0 rank4". */
static void name_place(const struct controller *c, const char *label, const char *entry,
		       struct edac_place *ret)
{
	*ret = c->shape;
	ret->place = DIMM_NOWHERE;
	if (*label)
		(void)text_fit(ret->label, sizeof(ret->label), label);
	else
		text_print(ret->label, sizeof(ret->label), "%.20s %.20s", c->name, entry);
	(void)dimm_place_of_label(label, &ret->place);
	if (ret->place.controller == DIMM_UNKNOWN && !ret->place.per_socket)
		ret->place.controller = c->number;
}

/* dimm_location: "csrow 2 channel 0", "channel 1 slot 0", "memory 3". */
static void read_location(const char *text, struct dimm_place *p)
{
	static const struct {
		const char *word;
		size_t offset;
	} words[] = {
		{"csrow ", offsetof(struct dimm_place, csrow)},
		{"channel ", offsetof(struct dimm_place, channel)},
		{"slot ", offsetof(struct dimm_place, slot)},
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *at = strstr(text, words[i].word);
		int v = at ? (int)strtol(at + strlen(words[i].word), NULL, 10) : DIMM_UNKNOWN;
		int *field = (int *)(void *)((char *)p + words[i].offset);

		if (at && *field == DIMM_UNKNOWN && v >= 0)
			*field = v;
	}
}

static void count(struct controller *c, enum counter_kind kind, const char *entry,
		  const struct edac_place *place, int64_t value)
{
	char key[64];
	bool corrected = kind == COUNTER_EDAC_CE;

	if (value < 0)
		return;
	text_print(key, sizeof(key), "%.20s/%.40s", c->name, entry);
	counters_add_edac(c->counters, kind, key, place, value);
	*(corrected ? &c->ce : &c->ue) += value;
	*(corrected ? &c->has_ce : &c->has_ue) = true;
}

/* dimmN and rankN differ in name alone. */
static void read_module(struct controller *c, const char *entry)
{
	char label[64] = "", location[64] = "";
	struct edac_place place;

	(void)sysfs_text(c->root, label, sizeof(label), EDAC "/%s/%s/dimm_label", c->name, entry);
	(void)sysfs_text(c->root, location, sizeof(location), EDAC "/%s/%s/dimm_location", c->name,
			 entry);
	name_place(c, label, entry, &place);
	read_location(location, &place.place);
	if (c->ghes)
		place.device_number = (int)strtol(entry + strcspn(entry, "0123456789"), NULL, 10) +
				      1;
	count(c, COUNTER_EDAC_CE, entry, &place,
	      sysfs_int(c->root, -1, EDAC "/%s/%s/dimm_ce_count", c->name, entry));
	count(c, COUNTER_EDAC_UE, entry, &place,
	      sysfs_int(c->root, -1, EDAC "/%s/%s/dimm_ue_count", c->name, entry));
}

/* Uncorrectable errors are counted for the whole row. */
static void read_csrow(struct controller *c, const char *row)
{
	autonames struct sysfs_names files = sysfs_list(c->root, EDAC "/%s/%s", c->name, row);
	struct edac_place place;
	int64_t before = c->ce;
	bool has_channels = false;

	for (size_t i = 0; i < files.n; i++) {
		char label[64] = "", entry[48];
		int channel;

		if (sscanf(files.names[i], "ch%d_ce_count", &channel) != 1 ||
		    !str_ends(files.names[i], "_ce_count"))
			continue;
		has_channels = true;
		(void)sysfs_text(c->root, label, sizeof(label), EDAC "/%s/%s/ch%d_dimm_label",
				 c->name, row, channel);
		text_print(entry, sizeof(entry), "%.20s/ch%d", row, channel);
		name_place(c, label, entry, &place);
		if (place.place.csrow == DIMM_UNKNOWN)
			place.place.csrow = (int)strtol(row + strlen("csrow"), NULL, 10);
		if (place.place.channel == DIMM_UNKNOWN)
			place.place.channel = channel;
		count(c, COUNTER_EDAC_CE, entry, &place,
		      sysfs_int(c->root, -1, EDAC "/%s/%s/%s", c->name, row, files.names[i]));
	}
	name_place(c, "", row, &place);
	place.place.csrow = (int)strtol(row + strlen("csrow"), NULL, 10);
	/* What its channels have not counted, and all where it shows no channels. */
	int64_t ce = sysfs_int(c->root, -1, EDAC "/%s/%s/ce_count", c->name, row);
	if (ce > c->ce - before || (ce >= 0 && !has_channels))
		count(c, COUNTER_EDAC_CE, row, &place, ce - (c->ce - before));
	count(c, COUNTER_EDAC_UE, row, &place,
	      sysfs_int(c->root, -1, EDAC "/%s/%s/ue_count", c->name, row));
}

/* The controller's own total: what its modules have not counted, and all where it names none. */
static void read_rest(struct controller *c)
{
	struct edac_place place = c->shape;
	int64_t ce = sysfs_int(c->root, -1, EDAC "/%s/ce_count", c->name);
	int64_t ue = sysfs_int(c->root, -1, EDAC "/%s/ue_count", c->name);

	place.place = DIMM_NOWHERE;
	place.place.controller = c->number;
	text_print(place.label, sizeof(place.label), "%.20s without a module", c->name);
	if (ce > c->ce || (ce >= 0 && !c->has_ce))
		count(c, COUNTER_EDAC_CE, "rest", &place, ce - c->ce);
	if (ue > c->ue || (ue >= 0 && !c->has_ue))
		count(c, COUNTER_EDAC_UE, "rest", &place, ue - c->ue);
}

/* mc_name of amd64_edac: "F17h", "Family 19h", "F19h_M10h". */
static bool is_amd(const char *mc_name)
{
	return str_glob("F1?h*", mc_name) || str_starts(mc_name, "Family ") ||
	       str_starts(mc_name, "amd64");
}

static int n_channels(const struct controller *c, const struct sysfs_names *entries)
{
	char text[64] = "";
	struct dimm_place p = DIMM_NOWHERE;
	int most = -1;

	/* max_location holds the highest of each: "channel 2 slot 1". */
	if (sysfs_text(c->root, text, sizeof(text), EDAC "/%s/max_location", c->name))
		read_location(text, &p);
	if (p.channel != DIMM_UNKNOWN)
		return p.channel + 1;
	for (size_t i = 0; i < entries->n; i++) {
		if (sysfs_text(c->root, text, sizeof(text), EDAC "/%s/%s/dimm_label", c->name,
			       entries->names[i]) &&
		    dimm_place_of_label(text, &p) && p.channel > most)
			most = p.channel;
	}
	return most + 1;
}

static void read_controller(struct controller *c)
{
	autonames struct sysfs_names entries = sysfs_list(c->root, EDAC "/%s", c->name);
	char mc_name[64] = "";

	(void)sysfs_text(c->root, mc_name, sizeof(mc_name), EDAC "/%s/mc_name", c->name);
	c->shape.amd = is_amd(mc_name);
	c->ghes = str_starts(mc_name, "ghes");
	c->shape.n_channels = n_channels(c, &entries);
	for (size_t i = 0; i < entries.n; i++) {
		const char *e = entries.names[i];

		if (is_numbered(e, "dimm") || is_numbered(e, "rank"))
			read_module(c, e);
	}
	/* Kernels that have both layouts count everything twice; older ones have dimmN without
	 * counts. */
	bool counted = c->has_ce || c->has_ue;
	for (size_t i = 0; i < entries.n && !counted; i++)
		if (is_numbered(entries.names[i], "csrow"))
			read_csrow(c, entries.names[i]);
	read_rest(c);
}

void burn_read_edac(const char *root, struct counters *ret)
{
	autonames struct sysfs_names controllers = sysfs_list(root, EDAC);
	int n = 0, last = -1;

	for (size_t i = 0; i < controllers.n; i++) {
		if (!is_numbered(controllers.names[i], "mc"))
			continue;
		n++;
		last = (int)strtol(controllers.names[i] + 2, NULL, 10); /* they are sorted */
	}
	/* A node without memory has no controller: then which socket a number means is not known. */
	if (last != n - 1)
		n = 0;
	for (size_t i = 0; i < controllers.n; i++) {
		struct controller c = {.root = root,
				       .name = controllers.names[i],
				       .shape.n_controllers = n,
				       .counters = ret};

		if (!is_numbered(c.name, "mc"))
			continue;
		c.number = (int)strtol(c.name + 2, NULL, 10);
		read_controller(&c);
	}
}
