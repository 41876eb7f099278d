/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host believes "the latest image" only of a channel that its own trust root accepts and that has
 * not expired by the server's time (M-09). Channel and root are those of the fuzzers' corpora.
 */
#include <tests/harness/check.h>

#include <stdlib.h>

#include <base/file.h>
#include <base/str.h>
#include <provisioner/agent/latest.h>

#define ISSUED_S       1700000000 /* the corpus channel's */
#define EXPIRES_S      1700604800
#define ROOT_EXPIRES_S 4906108724 /* both corpus roots' */

struct documents {
	struct trust_root *demands, *demands_none;
	char *channel;
};

static struct trust_root *root_of(const char *path)
{
	struct trust_root *r = NULL;
	struct err err = ERR_INIT;

	if (trust_root_load(path, &r, &err))
		fail_msg("%s", err.msg);
	return r;
}

static const struct {
	const char *name;
	bool latest, demands, brings;
	char change; /* the byte of the signature that becomes another, or 0 */
	int64_t now_s;
	enum err_code code;
	bool checks; /* the image must be what the channel names */
} rows[] = {
	{"latest, in time", true, true, true, 0, ISSUED_S, ERR_OK, true},
	{"latest, in the last second", true, true, true, 0, EXPIRES_S - 1, ERR_OK, true},
	{"M-09 expired this second", true, true, true, 0, EXPIRES_S, ERR_IMAGE_CHANNEL_EXPIRED,
	 false},
	{"the root expired this second", false, false, false, 0, ROOT_EXPIRES_S,
	 ERR_IMAGE_ROOT_EXPIRED, false},
	{"the root's last second", false, false, false, 0, ROOT_EXPIRES_S - 1, ERR_OK, false},
	{"without a channel", true, true, false, 0, ISSUED_S, ERR_IMAGE_CHANNEL_MISSING, false},
	{"signed by nobody", true, true, true, 1, ISSUED_S, ERR_IMAGE_CHANNEL_SIGNATURES, false},
	{"the root demands none", true, false, true, 0, EXPIRES_S, ERR_OK, false},
	{"a version that somebody named", false, true, false, 0, ISSUED_S, ERR_OK, false},
	{"named, beside a channel that expired", false, true, true, 0, EXPIRES_S, ERR_OK, false},
};

static void test_rows(void **state)
{
	const struct documents *d = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xstrdup(d->channel);
		struct plan_image plan = {.latest = rows[i].latest,
					  .channel = rows[i].brings ? text : NULL};
		AUTO(channel) struct channel *c = NULL;
		struct err err = ERR_INIT;
		char *sig = strstr(text, "\"sig\":\"") + strlen("\"sig\":\"");

		if (rows[i].change)
			sig[10] = sig[10] == 'A' ? 'B' : 'A';
		CHECK_ERR(rows[i].name,
			  latest_open(rows[i].demands ? d->demands : d->demands_none, &plan,
				      rows[i].now_s, &c, &err),
			  rows[i].code);
		CHECK_INT(rows[i].name, c != NULL, rows[i].checks);
	}
}

static int setup(void **state)
{
	struct documents *d = xcalloc(1, sizeof(*d));
	size_t n;

	d->demands = root_of("tests/fuzz/corpus/trust_root/channel");
	d->demands_none = root_of("tests/fuzz/corpus/trust_root/valid");
	assert_int_equal(file_read("tests/fuzz/corpus/channel/valid", CHANNEL_MAX_BYTES,
				   &d->channel, &n, NULL),
			 0);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	struct documents *d = *state;

	trust_root_free(d->demands);
	trust_root_free(d->demands_none);
	free(d->channel);
	free(d);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests_name("agent/latest", tests, setup, teardown);
}
