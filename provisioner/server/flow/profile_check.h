/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a profile, looked for when it is written: all of it at once, so that a person
 * corrects the document once. It is stricter than profile_parse(), which also reads documents that
 * were stored before these rules. Pure.
 */
#ifndef SERVER_FLOW_PROFILE_CHECK_H
#define SERVER_FLOW_PROFILE_CHECK_H

#include <jansson.h>
#include "profile.h"

#define PROFILE_PROBLEMS_MAX 32

/* One more problem: {"pointer", "code", "detail", "hint"}. */
void profile_problem_add(json_t *list, const struct err *problem);
/* Every problem of a document, in an array: unknown and wrong fields, placeholders of the host name
 * that do not exist, SSH keys that do not parse. owns: the caller. trust: an operator's. */
MUST_CHECK json_t *profile_problems(const json_t *doc);
/* The first problem that profile_parse() has not found. in: p was parsed.
 * errors: ERR_INVALID, ERR_FIELD_TYPE, with their pointer */
MUST_CHECK int profile_check(const struct profile *p, struct err *err);

#endif
