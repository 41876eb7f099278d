/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The choice of a command; see erase_choose.h. Input: bits that were read from a drive, a policy that
 * came in a signed plan.
 */
#include "erase_choose.h"

#include <base/cleanup.h>
#include <base/str.h>

static const struct {
	const char *word;
	enum erase_method method;
} commands[] = {
#define X(name, word, method) [ERASE_COMMAND_##name] = {word, ERASE_METHOD_##method},
	ERASE_COMMANDS(X)
#undef X
};

const char *erase_command_str(enum erase_command c)
{
	return commands[c].word;
}

enum erase_method erase_command_method(enum erase_command c)
{
	return commands[c].method;
}

/* The first command of the method among these bits; _ERASE_COMMAND_MAX: none. */
static enum erase_command first_of(unsigned bits, enum erase_method method)
{
	unsigned c = 0;

	while (c < _ERASE_COMMAND_MAX && !((bits & 1U << c) && commands[c].method == method))
		c++;
	return (enum erase_command)c;
}

static void pass_over(const struct erase_capabilities *c, enum erase_method method, struct str *out)
{
	bool refused = first_of(c->refused, method) < _ERASE_COMMAND_MAX;

	str_addf(out, "%s%s: %s", out->n_bytes ? "; " : "", erase_method_str(method),
		 refused && c->why ? c->why
		 : refused         ? "refused by the drive"
				   : "not known to the drive");
}

/* What the drive could do if the policy permitted it. */
static void list_possible(unsigned can, struct str *out)
{
	for (unsigned m = 0; m < _ERASE_METHOD_MAX; m++)
		if (first_of(can, (enum erase_method)m) < _ERASE_COMMAND_MAX)
			str_addf(out, "%s%s", out->n_bytes ? ", " : "",
				 erase_method_str((enum erase_method)m));
}

int erase_choose(const struct erase_capabilities *c, const struct erase_policy *p,
		 struct erase_choice *ret, struct err *err)
{
	unsigned can = c->can | 1U << ERASE_COMMAND_OVERWRITE;
	autostr struct str passed;
	autostr struct str possible;

	str_init(&passed, 4096);
	str_init(&possible, 4096);
	*ret = (struct erase_choice){.command = _ERASE_COMMAND_MAX};
	for (size_t i = 0; i < p->n && ret->command == _ERASE_COMMAND_MAX; i++) {
		ret->command = first_of(can, p->order[i]);
		if (ret->command == _ERASE_COMMAND_MAX)
			pass_over(c, p->order[i], &passed);
	}
	(void)text_fit(ret->passed_over, sizeof(ret->passed_over), passed.n_bytes ? passed.p : "");
	if (ret->command < _ERASE_COMMAND_MAX)
		return 0;
	list_possible(can, &possible);
	return err_set(err, ERR_AGENT_ERASE_METHOD, "this disk can be erased by: %s; %s",
		       possible.p, ret->passed_over);
}

bool erase_thaw_helps(const struct erase_capabilities *c, const struct erase_policy *p,
		      const struct erase_choice *choice)
{
	for (size_t i = 0; c->frozen && i < p->n; i++) {
		if (choice->command < _ERASE_COMMAND_MAX &&
		    commands[choice->command].method == p->order[i])
			return false;
		if (first_of(c->refused, p->order[i]) < _ERASE_COMMAND_MAX)
			return true;
	}
	return false;
}
