/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words that stand for several scopes: what people are, and what the tokens of programs may be
 * called. One table; how to add a role: a row in roles.c. The two kinds are apart, because `admin`
 * is a scope, too: a token that has it may not do all that a person of that role may.
 */
#ifndef SERVER_API_ROLES_H
#define SERVER_API_ROLES_H

#include <stdbool.h>
#include <stdint.h>
#include <base/str.h>

#define API_ROLE_NAMES "viewer, technician, operator, admin"

/* Bits of a token's word: a scope, or one that stands for several; 0: there is no such word. */
uint32_t api_scope_bits(struct sv word);
/* Bits of all words of a token, separated by blanks. */
uint32_t api_scopes_of(const char *words);
/* Bits of a person's role; 0: there is no such role. */
uint32_t api_role_scopes(const char *role);

#endif
