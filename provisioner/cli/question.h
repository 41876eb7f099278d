/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that read their words, ask the server once and print what it answers: the sequence is
 * here, what is asked and how it is printed are the command's.
 */
#ifndef CLI_QUESTION_H
#define CLI_QUESTION_H

#include <jansson.h>
#include <base/err.h>

#include "option_table.h"

struct question {
	int min_words, max_words;
	/* Checks the words before anything is asked: 0, or the exit code of command_usage(). NULL:
	 * every word will do. */
	int (*check)(const struct words *words);
	/* owns: *ret is question_run()'s. errors: those of api_get() */
	int (*ask)(const struct question *q, const struct words *words, json_t **ret,
		   struct err *err);
	/* For a person; with --json the answer is printed as it is. May change the answer. */
	void (*print)(const struct question *q, json_t *answer);
	const void *arg; /* the command's own */
};

/* The body of the command; its only option is --json. Returns an exit code. blocks. */
int question_run(int argc, char **argv, const struct question *q);

#endif
