/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of roles. Input: words of the store and of administrators.
 */
#include "roles.h"

#include <server/http/http.h>

#define BIT(scope) (1U << HTTP_SCOPE_##scope)
#define TECHNICIAN (BIT(READ) | BIT(APPROVE) | BIT(INVENTORY))
#define OPERATOR   (TECHNICIAN | BIT(ARM) | BIT(ERASE) | BIT(IMAGE_IMPORT))

static const struct {
	const char *name;
	uint32_t scopes;
	bool of_people;
} roles[] = {
	{"viewer", BIT(READ), true},    {"technician", TECHNICIAN, true},
	{"operator", OPERATOR, true},   {"admin", OPERATOR | BIT(ADMIN) | BIT(AUDIT), true},
	{"operate", TECHNICIAN, false}, {"image", BIT(READ) | BIT(IMAGE_IMPORT), false},
};

static uint32_t find(const char *name, bool of_people)
{
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (roles[i].of_people == of_people && str_eq(roles[i].name, name))
			return roles[i].scopes;
	return 0;
}

uint32_t api_scope_bits(struct sv word)
{
	autofree char *name = xstrndup(word.p, word.n);
	enum http_scope s = http_scope_parse(name);

	return s > HTTP_SCOPE_AGENT ? 1U << s : find(name, false);
}

uint32_t api_scopes_of(const char *words)
{
	uint32_t bits = 0;
	struct sv rest = sv_of(words);

	while (rest.n > 0)
		bits |= api_scope_bits(sv_split(&rest, ' '));
	return bits;
}

uint32_t api_role_scopes(const char *role)
{
	return find(role, true);
}
