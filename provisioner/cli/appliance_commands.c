/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway backup, writing: verbs about the whole appliance.
 */
#include "command.h"

#include <stdio.h>

#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "option_table.h"

#define STOP_ALL "/api/v1/stop-all"

static int backup_make(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	struct words words;
	int status = words_read(argc, argv, 0, 0, &words);

	if (status)
		return status;
	if (api_send("POST", "/api/v1/backups", json_object(), &doc, &err) < 0)
		return command_fail(&err);
	printf("%s\n", api_text(doc, "path"));
	return EXIT_WELL;
}

static int writing_stop(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct words words;
	int status = words_read(argc, argv, 0, 1, &words);

	if (status)
		return status;
	json_t *body = words.n ? json_pack("{s:s}", "reason", words.items[0]) : NULL;
	if (api_send("POST", STOP_ALL, body, NULL, &err) < 0)
		return command_fail(&err);
	printf("all writing is stopped\n");
	return EXIT_WELL;
}

static int writing_resume(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct words words;
	int status = words_read(argc, argv, 0, 0, &words);

	if (status)
		return status;
	if (api_send("DELETE", STOP_ALL, NULL, NULL, &err) < 0)
		return command_fail(&err);
	printf("writing is allowed again\n");
	return EXIT_WELL;
}

const struct command appliance_commands[] = {
	{"backup", "make", "", "copy the store; restore with 'slipwayd --restore FILE'",
	 backup_make},
	{"writing", "stop", "[REASON]", "stop all writing to disks, at once", writing_stop},
	{"writing", "resume", "", "allow writing to disks again", writing_resume},
	{NULL, NULL, NULL, NULL, NULL},
};
