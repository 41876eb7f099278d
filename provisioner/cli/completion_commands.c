/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway completion bash: a completion script, made from the same rows that run the commands, so
 * it cannot part from them. It knows nouns, verbs, options and NAME= words, and asks no server.
 * Input: the command tables.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include <base/str.h>

#include "option_table.h"
#include "tables.h"

#define VERB_BASH "bash" /* no shell: a word of the command line */

static const char script_head[] =
	"# bash completion for slipway; made by: slipway completion bash\n"
	"_slipway()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} i noun='' verb='' words=''\n"
	"\tCOMPREPLY=()\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tif [[ -n $noun ]]; then\n"
	"\t\t\tverb=${COMP_WORDS[i]}\n"
	"\t\t\tbreak\n"
	"\t\tfi\n"
	"\t\tcase ${COMP_WORDS[i]} in\n";
static const char script_middle[] = "\t\tesac\n"
				    "\tdone\n"
				    "\tcase \"$noun/$verb\" in\n";
static const char script_tail[] =
	"\tesac\n"
	"\twhile read -r i; do\n"
	"\t\t[[ -z $i ]] || COMPREPLY+=(\"$i\")\n"
	"\tdone < <(compgen -W \"$words\" -- \"$cur\")\n"
	"\t[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace "
	"2>/dev/null\n"
	"\treturn 0\n"
	"}\n"
	"complete -o default -F _slipway slipway\n";

static bool noun_is_new(size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(command_at(i)->noun, command_at(n)->noun))
			return false;
	return true;
}

/* A word after a noun: "--json", or "reason=" of "reason=TEXT". Placeholders are for people. */
static void add_word(struct str *out, const char *word, size_t n_bytes)
{
	const char *eq = memchr(word, '=', n_bytes);

	if (n_bytes > 2 && !strncmp(word, "--", 2))
		str_addf(out, " %.*s", (int)n_bytes, word);
	else if (eq && word[0] >= 'a' && word[0] <= 'z')
		str_addf(out, " %.*s", (int)(eq + 1 - word), word);
}

static void add_words(struct str *out, const char *arguments)
{
	static const char between[] = " []{}|";

	while (*arguments) {
		size_t n = strcspn(arguments, between);

		add_word(out, arguments, n);
		arguments += n + strspn(arguments + n, between);
	}
}

static void add_nouns(struct str *out, const char *between)
{
	const struct command *c;
	bool first = true;

	for (size_t n = 0; (c = command_at(n)); n++) {
		if (!noun_is_new(n))
			continue;
		str_addf(out, "%s%s", first ? "" : between, c->noun);
		first = false;
	}
}

static void add_verbs(struct str *out, const char *noun)
{
	const struct command *c;

	str_addf(out, "\t%s/) words='", noun);
	for (size_t n = 0; (c = command_at(n)); n++)
		if (!strcmp(c->noun, noun))
			str_addf(out, "%s ", c->verb);
	str_add(out, "--help' ;;\n");
}

static int print_script(int argc, char **argv)
{
	const struct command *c;
	autostr struct str out;

	struct words words;

	str_init(&out, 256 * 1024);
	int status = words_read(argc, argv, 0, 0, &words);
	if (status)
		return status;
	str_add(&out, script_head);
	str_add(&out, "\t\thelp|");
	add_nouns(&out, "|");
	str_add(&out, ") noun=${COMP_WORDS[i]} ;;\n");
	str_add(&out, script_middle);
	str_add(&out, "\t/) words='--socket --server --pin --version help ");
	add_nouns(&out, " ");
	str_add(&out, "' ;;\n\thelp/) words='");
	add_nouns(&out, " ");
	str_add(&out, "' ;;\n");
	for (size_t n = 0; (c = command_at(n)); n++) {
		if (noun_is_new(n))
			add_verbs(&out, c->noun);
		str_addf(&out, "\t%s/%s) words='--help", c->noun, c->verb);
		add_words(&out, c->arguments);
		str_add(&out, "' ;;\n");
	}
	str_add(&out, script_tail);
	return fputs(out.p, stdout) < 0 ? EXIT_FAILED : EXIT_WELL;
}

const struct command completion_commands[] = {
	{"completion", VERB_BASH, "", "print a completion script, to be sourced", print_script},
	{NULL, NULL, NULL, NULL, NULL},
};
