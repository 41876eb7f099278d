/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See question.h.
 */
#include "question.h"

#include <base/json.h>

#include "api.h"
#include "command.h"

int question_run(int argc, char **argv, const struct question *q)
{
	struct err err = ERR_INIT;
	autojson json_t *answer = NULL;
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, q->min_words, q->max_words, &json, &words);

	if (!status && q->check)
		status = q->check(&words);
	if (status)
		return status;
	if (q->ask(q, &words, &answer, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(answer);
	else
		q->print(q, answer);
	return EXIT_WELL;
}
