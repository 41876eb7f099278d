/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway burnin judge and replay: what a tool's stored output means, and a stored run folded again.
 * Both need no server; they use what agent and server use. Input: files that somebody sent in.
 */
#include "command.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <burnin/judge.h>
#include <burnin/verdict.h>

#include "burnin_report.h"
#include "burnin_verify.h"
#include "option_table.h"

#define RUN_MAX_BYTES (256 * MIB) /* a run of 72 h has about 30 MiB */
#define FILES_MAX     4096

static int print(const json_t *doc)
{
	return json_dumpf(doc, stdout, JSON_INDENT(2)) == 0 && puts("") >= 0 ? EXIT_WELL
									     : EXIT_OUTPUT;
}

/* ---- judge ----------------------------------------------------------------------------------- */

struct judge_arguments {
	struct tool_end end;
	bool has_end, json;
};

static bool read_status(const char *text, void *member)
{
	struct judge_arguments *a = member;
	uint64_t n;

	if (!parse_u64(text, &n) || n > 255)
		return false;
	a->end.status = (int)n;
	a->has_end = true;
	return true;
}

static bool read_signal(const char *text, void *member)
{
	struct judge_arguments *a = member;
	uint64_t n;

	if (!parse_u64(text, &n) || n < 1 || n > 64)
		return false;
	a->end.signal = (int)n;
	a->has_end = true;
	return true;
}

static int read_output(const char *path, char **ret, size_t *ret_n_bytes, struct err *err)
{
	if (str_eq(path, "-"))
		return file_read_fd(STDIN_FILENO, LIMIT_TOOL_OUTPUT_BYTES, ret, ret_n_bytes, err);
	return file_read(path, LIMIT_TOOL_OUTPUT_BYTES, ret, ret_n_bytes, err);
}

static int judge(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{"exit", OPTION_READ, 0, read_status, "a status from 0 to 255"},
		{"signal", OPTION_READ, 0, read_signal, "the number of a signal"},
		{"json", OPTION_FLAG, offsetof(struct judge_arguments, json), NULL, NULL},
	};
	struct judge_arguments a = {0};
	struct err err = ERR_INIT;
	struct words words;
	autofree char *text = NULL;
	autojson json_t *doc = NULL;
	size_t n_bytes = 0;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 2, 2), &a, &words);

	if (status)
		return status;
	if (read_output(words.items[1], &text, &n_bytes, &err) < 0) {
		(void)err_wrap(&err, "file '%s'", words.items[1]);
		return command_fail(&err);
	}
	if (burnin_judge(words.items[0], a.has_end ? &a.end : NULL, text, n_bytes, &doc, &err) <
	    0) {
		autostr struct str names = {0};

		str_init(&names, 1024);
		burnin_judge_names(&names);
		return command_usage("unknown tool '%s'; expected one of %s", words.items[0],
				     names.p);
	}
	return print(doc);
}

/* ---- replay ---------------------------------------------------------------------------------- */

static void add_value(struct verdict *v, json_t *value)
{
	json_t *item, *list = value;
	size_t i;

	if (json_is_object(value) && json_is_array(json_object_get(value, "records")))
		list = json_object_get(value, "records");
	if (!json_is_array(list)) {
		(void)verdict_add(v, value);
		return;
	}
	json_array_foreach (list, i, item)
		(void)verdict_add(v, item);
}

/* A line that is not JSON is a record that could not be stored. */
static void add_lines(struct verdict *v, struct sv rest)
{
	while (rest.n) {
		struct sv line = sv_trim(sv_split(&rest, '\n'));
		autojson json_t *record = NULL;
		struct err err = ERR_INIT;

		if (!line.n)
			continue;
		if (json_load_strict(line.p, line.n, LIMIT_JSON_BODY_BYTES, &record, &err) < 0)
			verdict_refuse(v, err.msg);
		else
			add_value(v, record);
	}
}

static int add_file(struct verdict *v, const char *path, struct err *err)
{
	autofree char *text = NULL;
	autojson json_t *whole = NULL;
	size_t n_bytes;

	TRY(file_read(path, RUN_MAX_BYTES, &text, &n_bytes, err));
	/* One document with all records, or one record a line. */
	if (json_load_strict(text, n_bytes, RUN_MAX_BYTES, &whole, NULL) == 0)
		add_value(v, whole);
	else
		add_lines(v, (struct sv){text, n_bytes});
	return 0;
}

static int is_record_file(const struct dirent *e)
{
	return str_ends(e->d_name, ".jsonl") || str_ends(e->d_name, ".json");
}

static int add_folder(struct verdict *v, const char *folder, struct err *err)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, is_record_file, versionsort), status = 0;

	if (n < 0)
		return err_sys(err, ERR_NOT_FOUND, "cannot read folder '%s'", folder);
	if (n == 0 || n > FILES_MAX)
		status = err_set(err, ERR_NOT_FOUND,
				 "folder '%s' has %d files *.jsonl or *.json; expected 1 to %d",
				 folder, n, FILES_MAX);
	for (int i = 0; i < n; i++) {
		autofree char *path = xasprintf("%s/%s", folder, names[i]->d_name);

		if (status >= 0)
			status = add_file(v, path, err);
		free(names[i]);
	}
	free(names);
	return status;
}

static int replay(int argc, char **argv)
{
	AUTO(verdict) struct verdict *v = verdict_new();
	struct run_verdict result;
	struct err err = ERR_INIT;
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 1, 1, &json, &words);

	if (status)
		return status;
	if (add_folder(v, words.items[0], &err) < 0)
		return command_fail(&err);
	verdict_read(v, &result);
	autojson json_t *doc = run_verdict_json(&result);
	run_verdict_done(&result);
	return print(doc);
}

const struct command burnin_commands[] = {
	{"burnin", "judge", "[--exit N] [--signal N] [--json] TOOL FILE",
	 "print what a tool's stored output means, as JSON", judge},
	{"burnin", "replay", "[--json] DIR", "fold the stored records of a run again, as JSON",
	 replay},
	{"burnin", "report", "[--html | --json] (HOST | --delivery NAME)",
	 "print the acceptance report of a host or a delivery", burnin_report},
	{"burnin", "verify", "[--json] [--key SHA256] RUN | RECORDS SIGNATURES",
	 "check that the records of a run are those which its agent signed", burnin_verify},
	{NULL, NULL, NULL, NULL, NULL},
};
