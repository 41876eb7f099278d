/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway host: lists, one host, its events and parts, and what differs from its SKU. A host is
 * named as in host_ref.h.
 */
#include "command.h"

#include <stdio.h>

#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "collections.h"
#include "host_keys.h"
#include "host_ref.h"
#include "host_seen.h"
#include "host_verbs.h"
#include "host_why.h"
#include "listing.h"
#include "page.h"
#include "question.h"

static const struct column event_columns[] = {
	{"AT", "at", COLUMN_KEY},        {"KIND", "kind", COLUMN_TEXT},
	{"ACTOR", "actor", COLUMN_TEXT}, {"WHAT", "summary", COLUMN_WRAPPED},
	{NULL, NULL, COLUMN_TEXT},
};
static const struct column part_columns[] = {
	{"SLOT", "slot", COLUMN_KEY},
	{"TYPE", "type", COLUMN_TEXT},
	{"MANUFACTURER", "Manufacturer", COLUMN_TEXT},
	{"PART", "PartNumber", COLUMN_TEXT},
	{"MODEL", "Model", COLUMN_TEXT},
	{"SERIAL", "SerialNumber", COLUMN_KEY},
	{"MiB", "CapacityMiB", COLUMN_TEXT},
	{"BYTES", "CapacityBytes", COLUMN_TEXT},
	{"FIRMWARE", "FirmwareVersion", COLUMN_TEXT},
	{NULL, NULL, COLUMN_TEXT},
};
static const struct column difference_columns[] = {
	{"WHAT", "what", COLUMN_TEXT},
	{"TYPE", "type", COLUMN_TEXT},
	{"SLOT", "slot", COLUMN_KEY},
	{"FIELD", "field", COLUMN_TEXT},
	{"EXPECTED", "expected", COLUMN_WRAPPED},
	{"FOUND", "found", COLUMN_WRAPPED},
	{NULL, NULL, COLUMN_TEXT},
};

static int show(int argc, char **argv)
{
	return page_show_of(argc, argv, host_ref_path, "");
}

static int evidence(int argc, char **argv)
{
	return page_show_of(argc, argv, host_ref_path, "/evidence");
}

static int events(int argc, char **argv)
{
	return listing_run_below(argc, argv, host_ref_path, "/events", event_columns);
}

static int parts(int argc, char **argv)
{
	return listing_run_below(argc, argv, host_ref_path, "/parts", part_columns);
}

/* ---- expected against found ------------------------------------------------------------------ */

/* A part or a place in a few words: "32768 MiB Micron MTA36", "r01 unit 3". */
static json_t *in_words(const json_t *j)
{
	static const struct {
		const char *member, *before, *after;
	} words[] = {
		{"rack", "", ""},
		{"unit", "unit ", ""},
		{"CapacityMiB", "", " MiB"},
		{"CapacityBytes", "", " B"},
		{"Manufacturer", "", ""},
		{"PartNumber", "", ""},
		{"Model", "", ""},
	};
	autostr struct str out;

	str_init(&out, 1024);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const json_t *v = json_object_get(j, words[i].member);

		if (!v)
			continue;
		str_addf(&out, "%s%s", out.n_bytes ? " " : "", words[i].before);
		if (json_is_integer(v))
			str_add_i64(&out, json_integer_value(v));
		else
			str_add(&out, json_string_value(v) ? json_string_value(v) : "");
		str_add(&out, words[i].after);
	}
	return json_string(out.p);
}

static void put_in_words(json_t *differences)
{
	static const char *const sides[] = {"expected", "found"};
	size_t i;
	json_t *d;

	json_array_foreach (differences, i, d)
		for (size_t k = 0; k < ARRAY_LEN(sides); k++)
			if (json_is_object(json_object_get(d, sides[k])))
				(void)json_object_set_new(d, sides[k],
							  in_words(json_object_get(d, sides[k])));
}

static int ask_comparison(const struct question *q, const struct words *words, json_t **ret,
			  struct err *err)
{
	autofree char *path = NULL;

	(void)q;
	TRY(host_ref_path(words->items[0], "/compare", &path, err));
	return api_get(path, ret, err);
}

static void print_comparison(const struct question *q, json_t *doc)
{
	json_t *differences = json_object_get(doc, "differences");
	const char *sku = api_text(doc, "sku");

	(void)q;
	printf("%s%s%s\n", api_text(doc, "status"), *sku ? ", SKU " : ", no SKU", sku);
	put_in_words(differences);
	if (json_array_size(differences))
		table_print(differences, difference_columns);
}

static int compare(int argc, char **argv)
{
	return question_run(argc, argv,
			    &(struct question){.min_words = 1,
					       .max_words = 1,
					       .ask = ask_comparison,
					       .print = print_comparison});
}

#define LIFECYCLE(name, about)                                                                     \
	{                                                                                          \
		"host", name, "[--json] HOST [reason=TEXT]", about, host_verb                      \
	}

const struct command host_commands[] = {
	{"host", "list", LISTING_ARGUMENTS, "list hosts", collection_list},
	{"host", "show", "[--json] HOST", "show everything about one host", show},
	{"host", "why", "[--json] HOST",
	 "explain why a host is not ready, whose turn it is, and what to do", host_why},
	{"host", "seen", "[--json]",
	 "list machines that asked what to boot and were not let in, and why", host_seen},
	{"host", "let-in", "[--json] MAC",
	 "write the profile that lets in one of them: it is tested after a person approves it",
	 host_let_in},
	{"host", "events", LISTING_ARGUMENTS_BELOW("HOST"), "list what happened to a host", events},
	{"host", "parts", LISTING_ARGUMENTS_BELOW("HOST"), "list the parts in a host", parts},
	{"host", "compare", "[--json] HOST", "compare a host with its SKU: expected and found",
	 compare},
	{"host", "set", "[--json] HOST NAME=VALUE...",
	 "set name, asset_tag, sku, site, row, rack, unit, reserved_for", host_set},
	{"host", "approve", "[--json] HOST [code=CODE] [view=VIEW] [reason=TEXT]",
	 "let a new host in, and the machine whose screen shows CODE; if it is as 'host show' "
	 "showed it with VIEW",
	 host_verb},
	{"host", "arm",
	 "[--json] HOST image=LINE@VERSION disk.serial=S [disk.wwn=W] [wipe_consent=S] "
	 "[new_disk=true] [skip_burnin=REASON] [reimage_in_service=NAME] [code=CODE] [ttl_s=N] [reason=TEXT] "
	 "[dry_run=true] "
	 "[plan_hash=H]",
	 "permit one image on one disk, once; a dry run prints the hash of its plan", host_verb},
	{"host", "erase",
	 "[--json] HOST disk.serial=S|disks=S,S... reason=TEXT [methods=M,M...] [code=CODE] [ttl_s=N] "
	 "[plan_hash=H]",
	 "permit disks to be erased, once, one after the other; the host retires after them",
	 host_verb},
	LIFECYCLE("retry", "start over from the inspection"),
	LIFECYCLE("serve", "take a ready host into service"),
	LIFECYCLE("release", "give a host back to provisioning"),
	LIFECYCLE("maintain", "take a host out for work"),
	{"host", "retire", "[--json] [--yes] HOST [reason=TEXT]",
	 "take a host out of the fleet; asks first, unless --yes is given", host_verb_confirmed},
	{"host", "accept", "[--json] HOST [view=VIEW]",
	 "accept the evidence that waits as this host's own", host_verb},
	{"host", "merge", "[--json] HOST into=HOST", "merge two rows that are the same machine",
	 host_verb},
	{"host", "split", "[--json] HOST VALUE...",
	 "make a host of its own from serials, MACs, WWNs of another machine", host_split},
	{"host", "keys", "[--json] [--known-hosts] HOST",
	 "show the public SSH host keys that the installed system reported", host_keys},
	{"host", "evidence", "[--json] HOST", "show what a host presented as its identity",
	 evidence},
	{NULL, NULL, NULL, NULL, NULL},
};
