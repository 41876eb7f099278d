/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway simulate: what an appliance would do with a host whose facts are in a file, or with
 * machines whose evidence is in files, without a server. Input: documents of `slipway-agent --facts`
 * and `--evidence`, from anybody.
 */
#include "command.h"

#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <proto/session.h>
#include <server/simulate/simulate.h>

#include "api.h"
#include "option_table.h"

struct options {
	const char *profile, *disk;
	bool evidence, json; /* json: the answer is JSON with and without */
};

/* "serial=S" or "wwn=W"; S and W may hold * and ?. */
static int read_disk(const char *text, struct disk_rule *ret, struct err *err)
{
	bool fits = false;

	*ret = (struct disk_rule){.serial = ""};
	if (str_starts(text, "serial="))
		fits = str_copy(ret->serial, sizeof(ret->serial), text + strlen("serial="));
	else if (str_starts(text, "wwn="))
		fits = str_copy(ret->wwn, sizeof(ret->wwn), text + strlen("wwn="));
	if (!fits || (!ret->serial[0] && !ret->wwn[0]))
		return err_set(err, ERR_INVALID, "expected serial=S or wwn=W, found '%s'", text);
	return 0;
}

static int simulate_facts(const struct options *o, const char *path, json_t **ret, struct err *err)
{
	autojson json_t *facts = NULL;
	autojson json_t *profile = NULL;
	struct disk_rule disk;

	TRY(json_load_file_strict(path, LIMIT_FACTS_BYTES, &facts, err));
	if (o->profile)
		TRY(json_load_file_strict(o->profile, LIMIT_JSON_BODY_BYTES, &profile, err));
	if (o->disk)
		TRY(read_disk(o->disk, &disk, err));
	return simulate_host(facts, profile, o->disk ? &disk : NULL, ret, err);
}

static int read_machine(const char *path, struct simulated_machine *ret, struct err *err)
{
	autojson json_t *doc = NULL;

	ret->name = path;
	TRY(json_load_file_strict(path, LIMIT_JSON_BODY_BYTES, &doc, err));
	if (record_decode(evidence_fields, doc, &ret->evidence, err) < 0)
		return err_wrap(err, "file '%s'", path);
	return 0;
}

static int simulate_evidence(const struct words *files, json_t **ret, struct err *err)
{
	autofree struct simulated_machine *machines = xcalloc((size_t)files->n, sizeof(*machines));
	int r = 0;

	for (int i = 0; i < files->n && r >= 0; i++)
		r = read_machine(files->items[i], &machines[i], err);
	if (r >= 0)
		r = simulate_identity(machines, (size_t)files->n, ret, err);
	for (int i = 0; i < files->n; i++)
		evidence_done(&machines[i].evidence);
	return r;
}

static int simulate(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{.name = "profile", OPTION_TEXT, offsetof(struct options, profile)},
		{.name = "disk", OPTION_TEXT, offsetof(struct options, disk)},
		{.name = "evidence", OPTION_FLAG, offsetof(struct options, evidence)},
		{.name = "json", OPTION_FLAG, offsetof(struct options, json)},
	};
	struct err err = ERR_INIT;
	struct options o = {0};
	struct words words;
	autojson json_t *doc = NULL;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 1, OPTION_WORDS_ANY), &o,
				       &words);

	if (status)
		return status;
	if (o.evidence && (o.profile || o.disk))
		return command_usage("--evidence takes neither --profile nor --disk");
	if (!o.evidence && words.n != 1)
		return command_usage("expected one file of facts, found %d", words.n);
	if ((o.evidence ? simulate_evidence(&words, &doc, &err)
			: simulate_facts(&o, words.items[0], &doc, &err)) < 0)
		return command_fail(&err);
	api_print_json(doc);
	return EXIT_WELL;
}

const struct command simulate_commands[] = {
	{"simulate", "",
	 "[--json] FACTS.json [--profile FILE] [--disk serial=S|wwn=W] | --evidence FILE...",
	 "show what would be done with a host, without a server", simulate},
	{NULL, NULL, NULL, NULL, NULL},
};
