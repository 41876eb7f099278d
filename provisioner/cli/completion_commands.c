/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway completion: scripts for bash and zsh, made from the same rows that run the commands, so
 * that they agree with them. They complete nouns, verbs, options and NAME= words, and ask the
 * server for hosts. Input: the command tables; names of hosts, of which only harmless ones are used.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "option_table.h"
#include "tables.h"

#define VERB_BASH        "bash" /* no shell: a word of the command line */
#define SCRIPT_MAX_BYTES (256 * 1024)
#define HOSTS_TIMEOUT_MS 2000
#define HOSTS_PATH       "/api/v1/hosts?fields=short_code,name,serial&limit=1000"

/* Both shells share what lies between head and tail: which list belongs to which words. In the list,
 * $hosts says that a host is expected. */
struct shell {
	const char *verb, *head, *noun_of, *middle, *tail;
};

static const struct shell bash = {
	VERB_BASH,
	"# bash completion for slipway; made by: slipway completion bash\n"
	"_slipway()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} i noun='' verb='' list='' hosts='' place=()\n"
	"\tCOMPREPLY=()\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tif [[ -n $noun ]]; then\n"
	"\t\t\tverb=${COMP_WORDS[i]}\n"
	"\t\t\tbreak\n"
	"\t\tfi\n"
	"\t\tcase ${COMP_WORDS[i]} in\n",
	") noun=${COMP_WORDS[i]} ;;\n"
	"\t\t*) place+=(\"${COMP_WORDS[i]}\") ;;\n",
	"\t\tesac\n"
	"\tdone\n"
	"\tcase \"$noun/$verb\" in\n",
	"\tesac\n"
	"\t[[ -z $hosts || $cur == -* ]] ||\n"
	"\t\tlist+=\" $(slipway \"${place[@]}\" completion hosts 2>/dev/null)\"\n"
	"\twhile read -r i; do\n"
	"\t\t[[ -z $i ]] || COMPREPLY+=(\"$i\")\n"
	"\tdone < <(compgen -W \"$list\" -- \"$cur\")\n"
	"\t[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace "
	"2>/dev/null\n"
	"\treturn 0\n"
	"}\n"
	"complete -o default -F _slipway slipway\n",
};

static const struct shell zsh = {
	"zsh",
	"#compdef slipway\n"
	"# zsh completion for slipway; made by: slipway completion zsh\n"
	"_slipway()\n"
	"{\n"
	"\tlocal i one noun='' verb='' list='' hosts=''\n"
	"\tlocal -a place\n"
	"\tfor ((i = 2; i < CURRENT; i++)); do\n"
	"\t\tif [[ -n $noun ]]; then\n"
	"\t\t\tverb=${words[i]}\n"
	"\t\t\tbreak\n"
	"\t\tfi\n"
	"\t\tcase ${words[i]} in\n",
	") noun=${words[i]} ;;\n"
	"\t\t*) place+=(\"${words[i]}\") ;;\n",
	"\t\tesac\n"
	"\tdone\n"
	"\tcase \"$noun/$verb\" in\n",
	"\tesac\n"
	"\t[[ -z $hosts || ${words[CURRENT]} == -* ]] ||\n"
	"\t\tlist+=\" $(slipway \"${place[@]}\" completion hosts 2>/dev/null)\"\n"
	"\tfor one in ${=list}; do\n"
	"\t\tif [[ $one == *= ]]; then\n"
	"\t\t\tcompadd -S '' -- \"$one\"\n"
	"\t\telse\n"
	"\t\t\tcompadd -- \"$one\"\n"
	"\t\tfi\n"
	"\tdone\n"
	"\t[[ -n $list ]] || _default\n"
	"}\n"
	"if [[ ${funcstack[1]-} == _slipway ]]; then\n"
	"\t_slipway \"$@\"\n"
	"else\n"
	"\tcompdef _slipway slipway\n"
	"fi\n",
};

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

	str_addf(out, "\t%s/) list='", noun);
	for (size_t n = 0; (c = command_at(n)); n++)
		if (!strcmp(c->noun, noun))
			str_addf(out, "%s ", c->verb);
	str_add(out, "--help' ;;\n");
}

/* A noun that is a command by itself has its words behind the noun. */
static void add_row(struct str *out, const struct command *c)
{
	bool wants_host = strstr(c->arguments, "HOST") != NULL;

	str_addf(out, "\t%s/%s) list='--help", c->noun, *c->verb ? c->verb : "*");
	add_words(out, c->arguments);
	str_addf(out, "'%s ;;\n", wants_host ? " hosts=1" : "");
}

static int print_script(int argc, char **argv, const struct shell *shell)
{
	const struct command *c;
	autostr struct str out;
	struct words words;
	int status = words_read(argc, argv, 0, 0, &words);

	str_init(&out, SCRIPT_MAX_BYTES);
	if (status)
		return status;
	str_add(&out, shell->head);
	str_add(&out, "\t\thelp|");
	add_nouns(&out, "|");
	str_add(&out, shell->noun_of);
	str_add(&out, shell->middle);
	str_add(&out, "\t/) list='--socket --server --pin --version --help help version ");
	add_nouns(&out, " ");
	str_add(&out, "' ;;\n\thelp/) list='");
	add_nouns(&out, " ");
	str_add(&out, "' ;;\n");
	for (size_t n = 0; (c = command_at(n)); n++) {
		if (noun_is_new(n) && *c->verb)
			add_verbs(&out, c->noun);
		add_row(&out, c);
	}
	str_add(&out, shell->tail);
	(void)fputs(out.p, stdout);
	return EXIT_WELL;
}

static int print_bash(int argc, char **argv)
{
	return print_script(argc, argv, &bash);
}

static int print_zsh(int argc, char **argv)
{
	return print_script(argc, argv, &zsh);
}

/* ---- hosts ----------------------------------------------------------------------------------- */

/* compgen evaluates its words as the shell does: a host must not choose what is run. */
static bool is_harmless(const char *word)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._:-";

	return *word && *word != '-' && strspn(word, allowed) == strlen(word);
}

static void print_names(const json_t *doc)
{
	static const char *const members[] = {"short_code", "name", "serial"};
	size_t i;
	json_t *host;

	json_array_foreach (json_object_get(doc, "items"), i, host)
		for (size_t m = 0; m < ARRAY_LEN(members); m++)
			if (is_harmless(api_text(host, members[m])))
				printf("%s\n", api_text(host, members[m]));
}

static int print_hosts(int argc, char **argv)
{
	const struct http_call call = {.path = HOSTS_PATH, .timeout_ms = HOSTS_TIMEOUT_MS};
	struct http_reply reply = {0};
	struct err err = ERR_INIT;
	struct words words;
	int status = words_read(argc, argv, 0, 0, &words);

	if (status)
		return status;
	status = api_call(&call, &reply, &err);
	autojson json_t *doc = status < 0 ? NULL : json_loads(reply.body, 0, NULL);
	http_reply_done(&reply);
	if (status < 0)
		return command_fail(&err);
	print_names(doc);
	return EXIT_WELL;
}

const struct command completion_commands[] = {
	{"completion", VERB_BASH, "", "print a completion script for bash, to be sourced",
	 print_bash},
	{"completion", "zsh", "", "print a completion script for zsh, to be sourced", print_zsh},
	{"completion", "hosts", "", "print names of hosts, one a line, for those scripts",
	 print_hosts},
	{NULL, NULL, NULL, NULL, NULL},
};
