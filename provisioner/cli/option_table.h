/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of a command as rows: name, kind of value, and where in a struct the value goes.
 */
#ifndef CLI_OPTION_TABLE_H
#define CLI_OPTION_TABLE_H

#include <stddef.h>

#define OPTION_LIST_MAX   16
#define OPTION_NUMBER_MAX 99999

/* An option that may be given several times. */
struct option_list {
	const char *items[OPTION_LIST_MAX];
	size_t n;
};

enum option_kind {
	OPTION_FLAG,   /* bool */
	OPTION_TEXT,   /* const char * */
	OPTION_NUMBER, /* uint64_t, 1 to OPTION_NUMBER_MAX */
	OPTION_LIST,   /* struct option_list */
};

struct option_row {
	const char *name; /* without the hyphens */
	enum option_kind kind;
	size_t offset;
};

/* Read the options of argv into a struct; optind says what follows them. Texts stay argv's. Returns
 * 0, or the exit code of a usage error that was printed. */
int option_table_read(int argc, char **argv, const struct option_row *rows, size_t n_rows,
		      void *ret);

#endif
