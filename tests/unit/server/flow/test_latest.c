/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "The latest image" where the trust root demands a channel: nothing is written as such without
 * one, an older channel is never taken, an expired one stops what follows and says so (M-09), and a
 * version that somebody names goes on as ever. The fake store has debian12@1.
 */
#include "tests/harness/check.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <images/channel_edit.h>
#include "tests/harness/host_walk.h"

#define DAY_S 86400

/* RFC 8032, section 7.1, test 1: the key of the corpus root. */
static const char private_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
	"-----END PRIVATE KEY-----\n";

static struct signer *signer;

static void use_root(struct server_bench *b, const char *corpus)
{
	autofree char *path = xasprintf("%s/state/trust/root.json", b->dir), *text = NULL;
	size_t n;

	server_bench_stop(b);
	assert_int_equal(file_read(corpus, TRUST_ROOT_MAX_BYTES, &text, &n, NULL), 0);
	assert_int_equal(file_write_atomic(path, text, n, 0644, NULL), 0);
	server_bench_start(b);
}

static void name(struct channel *c, const char *line, enum image_arch arch, const char *image)
{
	struct manifest m = {.arch = arch};

	(void)str_copy(m.line, sizeof(m.line), line);
	(void)str_copy(m.version, sizeof(m.version), "1");
	sha256_of(image, strlen(image), m.digest); /* so the fake store names its images */
	assert_int_equal(channel_name(c, &m, NULL), 0);
}

/* debian12 for x86_64 is this image. The caller frees the envelope. */
static char *channel(const struct server_bench *b, uint64_t seq, int64_t age_s, const char *image)
{
	AUTO(channel) struct channel *c = channel_new();
	struct err err = ERR_INIT;

	c->seq = seq;
	c->issued_s = server_bench_now_s(b) - age_s;
	c->expires_s = c->issued_s + 7 * DAY_S;
	name(c, "debian12", IMAGE_ARCH_X86_64, image);
	if (channel_seal(&c, &err) < 0 || channel_sign(c, signer, &err) < 0)
		fail_msg("%s", err.msg);
	return channel_envelope(c);
}

static int import(struct server_bench *b, uint64_t seq, int64_t age_s, const char *image)
{
	autofree char *text = channel(b, seq, age_s, image);

	return server_bench_admin(b, "POST", "/api/v1/channel", text);
}

static int arm(struct server_bench *b, const struct fake_agent *a, const char *image)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s/arm", a->short_code);
	autofree char *body = xasprintf(
		"{\"image\":\"%s\",\"disk\":{\"serial\":\"%s\"},\"reason\":\"a test\"}", image,
		a->disk_serial);

	return server_bench_admin(b, "POST", path, body);
}

static long count_events(struct server_bench *b, const char *kind)
{
	autofree char *sql = xasprintf("SELECT count(*) FROM event WHERE kind = '%s'", kind);

	return server_bench_number(b, sql);
}

/* Behind the server's back: what time, or somebody with the disk of the store, does. */
static void put_channel(struct server_bench *b, const char *text)
{
	autofree char *sql = xasprintf("INSERT INTO flow_setting (key, value) VALUES "
				       "('channel', '%s') ON CONFLICT (key) DO UPDATE SET value "
				       "= excluded.value",
				       text);

	server_bench_sql(b, sql);
}

static void test_imports(void **state)
{
	static const struct {
		const char *name;
		uint64_t seq;
		int64_t age_s;
		int status;
		const char *code;
	} rows[] = {
		{"the first", 7, 0, 201, ""},
		{"the same number, issued later", 7, -1, 422, "image.channel.sequence"},
		{"M-09 an older one", 6, 0, 422, "image.channel.sequence"},
		{"M-09 a newer one that has expired", 8, 7 * DAY_S, 422, "image.channel.expired"},
		{"a newer one", 8, 0, 201, ""},
	};
	struct server_bench *b = *state;
	assert_int_equal(server_bench_admin(b, "GET", "/api/v1/channel", NULL), 404);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(rows[i].name, import(b, rows[i].seq, rows[i].age_s, "x86_64"),
			  rows[i].status);
		CHECK_STR(rows[i].name, b->code, rows[i].code);
	}
	assert_int_equal(server_bench_admin(b, "GET", "/api/v1/channel", NULL), 200);
	assert_int_equal(json_integer_value(json_object_get(b->reply, "seq")), 8);
	assert_true(json_is_false(json_object_get(b->reply, "expired")));
	assert_int_equal(count_events(b, "channel.imported"), 2);
	assert_int_equal(count_events(b, "channel.missing"), 1);
}

/* No channel: the host waits; with one it is sent, and gets the channel along. */
static void test_nothing_is_the_latest_without_one(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;
	AUTO(channel) struct channel *c = NULL;

	walk_open(b, &a, "S1", MAC_A);
	walk_inspect(b, &a, NULL);
	walk_burn_in(b, &a, "PASS");
	need_step(b, &a, PLAN_STEP_WAIT);
	assert_string_equal(a.plan.wait.turn, "operator");
	assert_non_null(strstr(a.plan.wait.message, "no channel"));
	need_state(b, &a, "imaging");
	assert_int_equal(import(b, 1, 0, "another"), 201);
	need_step(b, &a, PLAN_STEP_WAIT);
	assert_non_null(strstr(a.plan.wait.message, "not in the store"));
	assert_int_equal(import(b, 2, 0, "x86_64"), 201);
	need_step(b, &a, PLAN_STEP_IMAGE);
	assert_true(a.plan.image.latest);
	assert_int_equal(channel_parse_unsigned(a.plan.image.channel, strlen(a.plan.image.channel),
						&c, NULL),
			 0);
	assert_int_equal(c->seq, 2);
	fake_agent_done(&a);
}

static void test_what_may_be_armed(void **state)
{
	static const struct {
		const char *name, *image;
		const char *names; /* what the channel says is the latest */
		int64_t age_s;     /* of the channel; < 0: there is none */
		int status;
		const char *code;
	} rows[] = {
		{"latest, and it is", "debian12@latest", "x86_64", 0, 201, ""},
		{"latest, without a channel", "debian12@latest", "x86_64", -1, 422,
		 "image.channel.missing"},
		{"latest of a line alone", "debian12@latest", "other", 0, 422,
		 "image.channel.missing"},
		{"M-09 latest, by a channel that has expired", "debian12@latest", "x86_64",
		 7 * DAY_S, 422, "image.channel.expired"},
		{"a version, while none vouches for it", "debian12@1", "x86_64", 7 * DAY_S, 201,
		 ""},
		{"a version, without a channel", "debian12@1", "x86_64", -1, 201, ""},
	};
	struct server_bench *b = *state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;
		walk_renew(b, profile_by_hand);
		use_root(b, "tests/fuzz/corpus/trust_root/channel");
		if (rows[i].age_s >= 0) {
			autofree char *text = channel(b, 3, rows[i].age_s, rows[i].names);
			put_channel(b, text);
		}
		walk_to_discovered(b, &a, "S1", MAC_A);
		CHECK_INT(rows[i].name, arm(b, &a, rows[i].image), rows[i].status);
		CHECK_STR(rows[i].name, b->code, rows[i].code);
		fake_agent_done(&a);
	}
}

/* An arm of the latest is none any more when another image is; that of a version stays. */
static void test_overtaken_arms(void **state)
{
	static const struct {
		const char *image;
		enum plan_step_kind step;
	} rows[] = {
		{"debian12@latest", PLAN_STEP_WAIT},
		{"debian12@1", PLAN_STEP_IMAGE},
	};
	struct server_bench *b = *state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_agent a;
		walk_renew(b, profile_by_hand);
		use_root(b, "tests/fuzz/corpus/trust_root/channel");
		assert_int_equal(import(b, 1, 0, "x86_64"), 201);
		walk_to_discovered(b, &a, "S1", MAC_A);
		assert_int_equal(arm(b, &a, rows[i].image), 201);
		assert_int_equal(import(b, 2, 0, "another"), 201);
		need_step(b, &a, rows[i].step);
		assert_false(a.plan.image.latest);
		fake_agent_done(&a);
	}
}

/* People hear of it before it is too late, when it is, and once. */
static void test_alarms(void **state)
{
	static const struct {
		const char *name;
		int64_t age_s;
		long ageing, expired;
	} rows[] = {
		{"fresh", 3 * DAY_S, 0, 0},
		{"half of it", 4 * DAY_S, 1, 0},
		{"M-09 all of it", 7 * DAY_S + 1, 1, 1},
	};
	struct server_bench *b = *state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = channel(b, 3, rows[i].age_s, "x86_64");
		put_channel(b, text);
		CHECK_INT(rows[i].name, count_events(b, "channel.ageing"), rows[i].ageing);
		CHECK_INT(rows[i].name, count_events(b, "channel.expired"), rows[i].expired);
	}
	assert_int_equal(server_bench_admin(b, "GET", "/api/v1/channel", NULL), 200);
	assert_true(json_is_true(json_object_get(b->reply, "expired")));
}

/* What a stolen key has signed goes with the key, its huge number included. */
static void test_a_channel_of_other_keys_counts_for_nothing(void **state)
{
	struct server_bench *b = *state;

	assert_int_equal(import(b, 1ULL << 52, 0, "x86_64"), 201);
	use_root(b, "tests/fuzz/corpus/trust_root/valid"); /* has no channel keys */
	assert_int_equal(server_bench_admin(b, "GET", "/api/v1/images/debian12@latest", NULL), 200);
	assert_int_equal(import(b, 3, 0, "x86_64"), 422);
	assert_string_equal(b->code, "image.channel.signatures");
	use_root(b, "tests/fuzz/corpus/trust_root/channel");
	autofree char *forged = channel(b, 9, 0, "x86_64");
	char *sig = strstr(forged, "\"sig\":\"") + strlen("\"sig\":\"");
	sig[10] = sig[10] == 'A' ? 'B' : 'A';
	put_channel(b, forged);
	assert_int_equal(import(b, 3, 0, "x86_64"), 201);
}

/* Where no channel is demanded, plans are what they were before there were any. */
static void test_a_root_that_demands_none(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	use_root(b, "tests/fuzz/corpus/trust_root/valid");
	walk_to_image(b, &a, "S1", MAC_A);
	assert_false(a.plan.image.latest);
	assert_null(a.plan.image.channel);
	assert_int_equal(count_events(b, "channel.missing"), 1); /* of the root before */
	fake_agent_done(&a);
}

static int setup(void **state)
{
	int status = walk_setup_auto(state);

	if (status)
		return status;
	use_root(*state, "tests/fuzz/corpus/trust_root/channel");
	return 0;
}

static int make_signer(void **state)
{
	char path[] = "/tmp/test_latest.XXXXXX";
	int fd = mkstemp(path), status = -1;

	(void)state;
	if (fd >= 0 && write(fd, private_key, strlen(private_key)) > 0)
		status = signer_from_file(path, &signer, NULL);
	(void)close(fd);
	(void)unlink(path);
	return status;
}

static int free_signer(void **state)
{
	(void)state;
	signer_free(signer);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, walk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_imports),
		TEST(test_nothing_is_the_latest_without_one),
		TEST(test_what_may_be_armed),
		TEST(test_overtaken_arms),
		TEST(test_alarms),
		TEST(test_a_channel_of_other_keys_counts_for_nothing),
		TEST(test_a_root_that_demands_none),
	};

	return cmocka_run_group_tests_name("server/latest", tests, make_signer, free_signer);
}
