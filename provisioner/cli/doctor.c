/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway doctor: what is wrong with this appliance, and how to mend it. The machine is looked at by
 * slipwayd --check-config, which knows the configuration; the running server is asked over its API.
 * Input: the output of slipwayd, the server's answers.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/json.h>
#include <base/process.h>
#include <base/str.h>

#include "api.h"
#include "option_table.h"
#include "table.h"

#define CONFIG_DEFAULT   "/etc/slipway/slipway.conf"
#define CHECK_TIMEOUT_MS 20000
#define PATH_BYTES       4096

static const struct column columns[] = {
	{"STATUS", "status", COLUMN_KEY},   {"CHECK", "name", COLUMN_KEY},
	{"FOUND", "found", COLUMN_WRAPPED}, {"TO MEND", "mend", COLUMN_WRAPPED},
	{NULL, NULL, COLUMN_TEXT},
};

/* found: taken over. mend: NULL when all is well. */
static void add(json_t *rows, const char *name, const char *status, char *found, const char *mend)
{
	json_t *row = json_pack("{s:s, s:s, s:s}", "name", name, "status", status, "found",
				found ? found : "");

	if (mend)
		(void)json_object_set_new(row, "mend", json_string(mend));
	(void)json_array_append_new(rows, row);
	free(found);
}

/* ---- the machine ----------------------------------------------------------------------------- */

/* slipwayd beside this program, else in PATH. */
static bool find_daemon(char ret[static PATH_BYTES])
{
	ssize_t n = readlink("/proc/self/exe", ret, PATH_BYTES - sizeof("slipwayd"));
	char *slash;

	if (n > 0) {
		ret[n] = '\0';
		slash = strrchr(ret, '/');
		memcpy(slash ? slash + 1 : ret, "slipwayd", sizeof("slipwayd"));
		if (access(ret, X_OK) == 0)
			return true;
	}
	return process_find("slipwayd", ret, PATH_BYTES) ||
	       process_find("/usr/sbin/slipwayd", ret, PATH_BYTES);
}

static void check_machine(json_t *rows, const char *config)
{
	char path[PATH_BYTES];
	const char *argv[] = {path, "--check-config", "--json", NULL, NULL, NULL};
	struct process_options o = {.argv = argv, .timeout_ms = CHECK_TIMEOUT_MS};
	struct process_result result = {0};
	struct err err = ERR_INIT;

	if (!config && access(CONFIG_DEFAULT, R_OK) == 0)
		config = CONFIG_DEFAULT;
	argv[3] = config ? "--config" : NULL;
	argv[4] = config;
	if (!find_daemon(path)) {
		add(rows, "machine", "error", xstrdup("slipwayd is not installed here"),
		    "run this on the appliance, or name it with --server");
		return;
	}
	if (process_run(&o, &result, &err) < 0) {
		add(rows, "machine", "error", xstrdup(err.msg), "run slipwayd --check-config");
		return;
	}
	autojson json_t *found = json_loads(result.out, 0, NULL);
	if (json_is_array(found))
		(void)json_array_extend(rows, found);
	else
		add(rows, "machine", "error", xstrdup("slipwayd did not report on the machine"),
		    "run slipwayd --check-config");
	process_result_done(&result);
}

/* ---- the server ------------------------------------------------------------------------------ */

static bool check_server(json_t *rows)
{
	struct err err = ERR_INIT;

	if (api_get("/healthz", NULL, &err) >= 0) {
		add(rows, "server", "ok", xstrdup("slipwayd answers"), NULL);
		return true;
	}
	add(rows, "server", "error", xstrdup(err.msg),
	    err_hint(err.code)[0] ? err_hint(err.code) : "start it: systemctl start slipwayd");
	return false;
}

/* Its own checks; with from_afar those of its machine, too. What may not be asked with this token is a
 * warning, not a guess. */
static void add_checks(json_t *rows, bool from_afar)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;

	if (api_get("/api/v1/doctor", &doc, &err) < 0) {
		add(rows, "server's checks", "warning", xasprintf("not known: %s", err.msg),
		    "run this as root on the appliance");
		return;
	}
	if (from_afar)
		(void)json_array_extend(rows, json_object_get(doc, "machine"));
	(void)json_array_extend(rows, json_object_get(doc, "items"));
}

/* ---- the command ----------------------------------------------------------------------------- */

static bool has_error(const json_t *rows)
{
	size_t i;
	json_t *row;

	json_array_foreach (rows, i, row)
		if (str_eq(api_text(row, "status"), "error"))
			return true;
	return false;
}

static int doctor(int argc, char **argv)
{
	struct {
		bool json;
		const char *config;
	} a = {0};
	const struct option_row options[] = {
		{"json", OPTION_FLAG, offsetof(__typeof__(a), json), NULL, NULL},
		{"config", OPTION_TEXT, offsetof(__typeof__(a), config), NULL, NULL}};
	autojson json_t *rows = json_array();
	struct words words;
	int status = option_table_read(argc, argv, OPTION_TABLE(options, 0, 0), &a, &words);

	if (status)
		return status;
	bool from_afar = getenv("SLIPWAY_SERVER");

	if (!from_afar)
		check_machine(rows, a.config);
	if (check_server(rows))
		add_checks(rows, from_afar);
	if (a.json)
		api_print_json(rows);
	else
		table_print(rows, columns);
	return has_error(rows) ? EXIT_FAILED : EXIT_WELL;
}

const struct command doctor_commands[] = {
	{"doctor", "", "[--json] [--config FILE]",
	 "check this appliance: network, ports, boot files, certificate, clock, space, services",
	 doctor},
	{NULL, NULL, NULL, NULL, NULL},
};
