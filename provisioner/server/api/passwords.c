/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guesses, rules and hashes of passwords; see passwords.h. Input: passwords and names of anybody.
 */
#include "passwords.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/account.h>
#include <server/reader/password.h>

#include "authorize.h"
#include "rate.h"
#include "read.h"
#include "request.h"

/* A person mistypes; a program that guesses has one try in six seconds. A person who is shut out
 * because somebody else guesses at the name signs in by a link. */
static struct rate_bucket by_account[RATE_BUCKETS], by_address[RATE_BUCKETS];
static const struct rate_rule guesses = {10 / 60.0, 10};

/* An account has one bucket, however its name is written. */
static void fold(const char *name, char ret[static ACCOUNT_NAME_BYTES])
{
	size_t i = 0;

	for (; name[i] && i + 1 < ACCOUNT_NAME_BYTES; i++)
		ret[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
	ret[i] = '\0';
}

int api_password_may_try(const struct flow *flow, struct http_request *r, const char *name,
			 struct err *err)
{
	int64_t now_us = flow_now_us(flow);
	char folded[ACCOUNT_NAME_BYTES];
	bool may = rate_take_of(by_address, http_peer(r), &guesses, now_us);

	fold(name, folded);
	if (may && name[0])
		may = rate_take_of(by_account, folded, &guesses, now_us);
	return may ? 0 : api_limited(r, err);
}

void api_password_was_right(struct http_request *r, const char *name)
{
	char folded[ACCOUNT_NAME_BYTES];

	fold(name, folded);
	rate_return(by_address, http_peer(r), &guesses);
	if (name[0])
		rate_return(by_account, folded, &guesses);
}

int api_password_is_fit(const char *text, const char *name, struct err *err)
{
	size_t n = strlen(text);

	if (n < PASSWORD_MIN_BYTES || n > PASSWORD_MAX_BYTES)
		(void)err_set(err, ERR_INVALID, "a password has %d to %d bytes, this one has %zu",
			      PASSWORD_MIN_BYTES, PASSWORD_MAX_BYTES, n);
	else if (strcasecmp(text, name) == 0)
		(void)err_set(err, ERR_INVALID, "the password is the account's name");
	else
		return 0;
	return err_at(err, "/password");
}

int api_password_ask(struct http_request *r, json_t *question, json_t **ret_answer, struct err *err)
{
	const struct read_job job = {
		.kind = READ_PASSWORD, .of = &collection_hosts, .ask = question};
	autofree char *text = NULL;
	size_t n = 0;
	int rc = api_read_text(r, &job, &text, &n, err);

	if (rc > 0)
		*ret_answer = json_loadb(text, n, 0, NULL);
	return rc;
}
