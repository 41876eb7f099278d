/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of a command: its options as rows (name, kind of value, where in a struct the
 * value goes), and the words that remain. The only reader of options; NAME=VALUE words go from here
 * to name_value.h.
 */
#ifndef CLI_OPTION_TABLE_H
#define CLI_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <base/err.h>

#define OPTION_LIST_MAX   16
#define OPTION_NUMBER_MAX 99999
#define OPTION_WORDS_ANY  (-1)

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
	OPTION_READ,   /* whatever `read` stores */
};

struct option_row {
	const char *name; /* without the hyphens */
	enum option_kind kind;
	size_t offset;
	/* OPTION_READ: reads a value of any trust into the member; false if it is not one. */
	bool (*read)(const char *text, void *member);
	const char *expected; /* for the complaint: "x86_64 or aarch64"; NULL: not said */
};

struct option_table {
	const struct option_row *rows;
	size_t n_rows;
	int min_words, max_words; /* OPTION_WORDS_ANY: no limit */
};
#define OPTION_TABLE(rows, min_words, max_words)                                                   \
	(&(const struct option_table){(rows), ARRAY_LEN(rows), (min_words), (max_words)})

/* The words of a command line that are not options, in their order; the strings are argv's. */
struct words {
	char **items;
	int n;
};

/* Read the options of argv into a struct and the other words into *ret_words. `--` ends the
 * options; texts stay argv's. Returns 0, or the exit code of a usage error that was printed. */
MUST_CHECK int option_table_read(int argc, char **argv, const struct option_table *table, void *ret,
				 struct words *ret_words);
/* The same for a command without options. */
MUST_CHECK int words_read(int argc, char **argv, int min_words, int max_words, struct words *ret);
/* The same for a command with --json alone. */
MUST_CHECK int words_read_json(int argc, char **argv, int min_words, int max_words, bool *ret_json,
			       struct words *ret);
/* All but the first n words. */
struct words words_after(const struct words *w, int n);

#endif
