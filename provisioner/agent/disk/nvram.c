/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing the firmware's boot entries; see nvram.h. The tool puts a new entry in front of the order, so the
 * order is written after it, and what the firmware kept is read again: some boards drop what they do not
 * like. Input: what the tool prints.
 */
#include "nvram.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/json.h>
#include <base/process.h>
#include <base/str.h>

#define TOOL_TIMEOUT_MS 20000
#define EFIVARFS_MAGIC  0xde5e81e4

const char *nvram_obstacle(const char *root)
{
	autofree char *dir = xasprintf("%s/sys/firmware/efi/efivars", root);
	struct statfs fs;

	if (access(dir, F_OK) < 0)
		return "the firmware has no variables (BIOS), or the kernel does not show them";
	if (!*root && (statfs(dir, &fs) < 0 || (unsigned)fs.f_type != EFIVARFS_MAGIC))
		return "the file system of the firmware's variables is not mounted";
	return access(dir, W_OK) < 0 ? "the firmware's variables are read-only" : "";
}

/* ---- the tool -------------------------------------------------------------------------------- */

static int run(const char *const *argv, char **ret_text, struct err *err)
{
	const struct process_options o = {.argv = argv, .timeout_ms = TOOL_TIMEOUT_MS};
	struct process_result r = {0};

	TRY(process_run(&o, &r, err));
	int rc = r.exit_code == 0
			 ? 0
			 : err_set(err, ERR_AGENT_NVRAM, "efibootmgr %s: exit status %d: %.100s",
				   argv[1], r.exit_code, r.errors);
	if (rc == 0 && ret_text)
		*ret_text = xstrdup(r.out);
	process_result_done(&r);
	return rc;
}

static int list(const struct nvram_request *r, struct nvram *ret, struct err *err)
{
	const char *const argv[] = {r->tool, "-v", NULL};
	autofree char *text = NULL;

	TRY(run(argv, &text, err));
	return nvram_parse(text, ret)
		       ? 0
		       : err_set(err, ERR_AGENT_NVRAM, "efibootmgr printed no list of entries");
}

static bool is_ours(const struct nvram_entry *e)
{
	return str_starts(e->label, NVRAM_LABEL);
}

/* Of the partition that was made now: earlier ones are gone with their disks' tables. */
static const struct nvram_entry *find_new(const struct nvram *n, const char *part_uuid)
{
	for (size_t i = 0; i < n->n; i++)
		if (is_ours(&n->entries[i]) && strcasestr(n->entries[i].path, part_uuid))
			return &n->entries[i];
	return NULL;
}

static int remove_stale(const struct nvram_request *r, const struct nvram *n, int *ret_n,
			struct err *err)
{
	*ret_n = 0;
	for (size_t i = 0; i < n->n; i++) {
		char number[12];

		if (!is_ours(&n->entries[i]))
			continue;
		(void)snprintf(number, sizeof(number), "%04X", n->entries[i].number);
		const char *const argv[] = {r->tool, "-q", "-b", number, "-B", NULL};
		TRY(run(argv, NULL, err));
		++*ret_n;
	}
	return 0;
}

static int create(const struct nvram_request *r, struct err *err)
{
	autofree char *label = xasprintf(NVRAM_LABEL "%.64s", r->name);
	char partition[12];

	(void)snprintf(partition, sizeof(partition), "%u", r->partition);
	const char *const argv[] = {r->tool,   "-q", "--create", "-d", r->disk,   "-p",
				    partition, "-L", label,      "-l", r->loader, NULL};
	return run(argv, NULL, err);
}

/* ---- the order ------------------------------------------------------------------------------- */

struct order {
	unsigned numbers[NVRAM_MAX_ENTRIES + 2];
	size_t n;
};

static void append(struct order *o, unsigned number)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->numbers[i] == number)
			return;
	if (o->n < ARRAY_LEN(o->numbers))
		o->numbers[o->n++] = number;
}

/* The entry that this boot came from is the network's, because the agent came from there; where the firmware
 * does not name it, what stood in front before ours was made. */
static int network_entry(const struct nvram *n, unsigned ours)
{
	int first = n->current;

	for (size_t i = 0; first < 0 && i < n->n_order; i++)
		if (n->order[i] != ours)
			first = (int)n->order[i];
	return first;
}

static void wanted_order(const struct nvram_request *r, const struct nvram *n, unsigned ours,
			 struct order *ret)
{
	int network = network_entry(n, ours);

	*ret = (struct order){.n = 0};
	if (r->first == NVRAM_NETWORK_FIRST && network >= 0)
		append(ret, (unsigned)network);
	append(ret, ours);
	for (size_t i = 0; i < n->n_order; i++)
		append(ret, n->order[i]);
}

static int set_order(const struct nvram_request *r, const struct order *o, struct err *err)
{
	autostr struct str text = {0};

	str_init(&text, 8 * ARRAY_LEN(o->numbers));
	for (size_t i = 0; i < o->n; i++)
		str_addf(&text, "%s%04X", i ? "," : "", o->numbers[i]);
	const char *const argv[] = {r->tool, "-q", "-o", text.p, NULL};
	return run(argv, NULL, err);
}

static int check_order(const struct nvram *n, const struct order *o, unsigned ours, struct err *err)
{
	bool ahead = n->n_order > 0 && n->order[0] == o->numbers[0];
	bool listed = false;

	for (size_t i = 0; i < n->n_order; i++)
		listed |= n->order[i] == ours;
	return ahead && listed ? 0
			       : err_set(err, ERR_AGENT_NVRAM,
					 "the firmware keeps a boot order of its own");
}

/* ---- the whole ------------------------------------------------------------------------------- */

static json_t *report(const struct nvram *n, unsigned ours, int n_removed)
{
	json_t *order = json_array();
	char number[8];

	for (size_t i = 0; i < n->n_order; i++) {
		(void)snprintf(number, sizeof(number), "%04X", n->order[i] & 0xffff);
		(void)json_array_append_new(order, json_string(number));
	}
	(void)snprintf(number, sizeof(number), "%04X", ours & 0xffff);
	return json_pack("{s:s, s:o, s:i}", "entry", number, "order", order, "removed", n_removed);
}

int nvram_write(const struct nvram_request *r, json_t **ret, struct err *err)
{
	autofree struct nvram *n = xcalloc(1, sizeof(*n));
	struct order order;
	int n_removed;

	TRY(list(r, n, err));
	TRY(remove_stale(r, n, &n_removed, err));
	TRY(create(r, err));
	TRY(list(r, n, err));
	const struct nvram_entry *e = find_new(n, r->part_uuid);
	if (!e)
		return err_set(err, ERR_AGENT_NVRAM, "the firmware did not keep the new entry");
	unsigned ours = e->number;
	wanted_order(r, n, ours, &order);
	TRY(set_order(r, &order, err));
	TRY(list(r, n, err));
	if (!find_new(n, r->part_uuid))
		return err_set(err, ERR_AGENT_NVRAM, "the firmware dropped the new entry");
	TRY(check_order(n, &order, ours, err));
	*ret = report(n, ours, n_removed);
	return 0;
}
