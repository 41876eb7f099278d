/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway root show and verify: reading trust roots.
 */
#include "root_commands.h"

#include <inttypes.h>
#include <stdio.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <images/trust_root.h>

#include "option_table.h"

static void print_key(const struct trust_key *k)
{
	char id[SHA256_HEX_BYTES];

	hex_encode(k->key.id, SHA256_BYTES, id);
	printf("key        %s %s", id, key_algorithm_str(k->key.algorithm));
	for (int i = _TRUST_ROLE_MAX - 1; i >= 0; i--)
		if (k->may[i])
			printf(" %s", trust_role_str((enum trust_role)i));
	for (size_t i = 0; i < k->n_lines; i++)
		printf(" %s", k->lines[i]);
	printf("\n");
}

static void print_root(const struct trust_root *r)
{
	char expires[TIME_TEXT_BYTES];

	time_rfc3339(r->expires_s * 1000000, expires);
	printf("trust root %" PRIu64 " (%s)\nexpires    %s\nthresholds root %u, image %u", r->seq,
	       trust_profile_str(r->profile), expires, r->threshold[TRUST_ROLE_ROOT],
	       r->threshold[TRUST_ROLE_IMAGE]);
	if (trust_root_demands_channel(r))
		printf(", channel %u", r->threshold[TRUST_ROLE_CHANNEL]);
	printf("\n");
	for (size_t i = 0; i < r->n_keys; i++)
		print_key(&r->keys[i]);
	for (size_t i = 0; i < r->n_floors; i++)
		printf("floor      %s %" PRIu64 "\n", r->floors[i].line, r->floors[i].min_seq);
	printf("revoked    %zu keys, %zu images\n", r->n_revoked_keys, r->n_revoked_images);
	unsigned n = trust_root_count_signers(r, r);
	unsigned needed = r->threshold[TRUST_ROLE_ROOT];
	printf("signed by  %u of the %u root keys that it needs%s\n", n, needed,
	       n < needed ? ": NOT GOOD YET" : "");
}

/* A root without enough signatures is accepted: signers read it before they sign. */
static int load_unsigned(const char *path, struct trust_root **ret, struct err *err)
{
	autofree char *text = NULL;
	size_t n_bytes;

	TRY(envelope_read_file(path, TRUST_ROOT_MAX_BYTES, &text, &n_bytes, err));
	return trust_root_parse_unsigned(text, n_bytes, ret, err);
}

int root_show_command(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(trust_root) struct trust_root *r = NULL;
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 1, 1, &json, &words);

	if (status)
		return status;
	if (load_unsigned(words.items[0], &r, &err) < 0)
		return command_fail(&err);
	if (json)
		puts(r->document.payload);
	else
		print_root(r);
	return EXIT_WELL;
}

static int verify(const char *path, const char *previous, struct trust_root **ret, struct err *err)
{
	AUTO(trust_root) struct trust_root *old = NULL;
	autofree char *text = NULL;
	size_t n_bytes;

	if (!previous)
		return trust_root_load(path, ret, err);
	TRY(trust_root_load(previous, &old, err));
	TRY(envelope_read_file(path, TRUST_ROOT_MAX_BYTES, &text, &n_bytes, err));
	return trust_root_update(old, text, n_bytes, ret, err);
}

int root_verify_command(int argc, char **argv)
{
	static const struct option_row rows[] = {{"previous", OPTION_TEXT, 0, NULL, NULL}};
	struct err err = ERR_INIT;
	AUTO(trust_root) struct trust_root *r = NULL;
	const char *previous = NULL;
	struct words words;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 1, 1), &previous, &words);

	if (status)
		return status;
	if (verify(words.items[0], previous, &r, &err) < 0 ||
	    trust_root_check_time(r, time_wall_us() / 1000000, &err) < 0)
		return command_fail(&err);
	printf("%s: good, trust root %" PRIu64 "\n", words.items[0], r->seq);
	return EXIT_WELL;
}
