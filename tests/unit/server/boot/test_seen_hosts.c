/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines that no profile lets in: they are listed with the reason and the profile that would let
 * them in, leave the list when they are hosts, and are few however many a network invents.
 */
#include "tests/harness/check.h"

#include <base/http_client.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/seen_host.h>
#include "tests/harness/host_walk.h"

#define CLOSED                                                                                     \
	"{\"name\":\"p\",\"match\":{\"manufacturer\":\"Acme*\"},\"enrol\":true,"                   \
	"\"burnin\":{\"tier\":\"quick\"}}"

/* One boot query as nginx's plain side hands it on, from an address. */
static void ask(const struct server_bench *b, const char *mac, const char *address,
		const char *more)
{
	const struct http_client_options o = {.base_url = "http://slipway",
					      .unix_socket = b->front};
	AUTO(http_client) struct http_client *http = http_client_new(&o, NULL);
	autofree char *path = xasprintf("/boot/v1/script?mac=%s&cpu=lm%s", mac, more);
	autofree char *peer = xasprintf("X-Real-IP: %s", address);
	const char *const headers[] = {"X-Slipway-Listener: plain", peer, NULL};
	const struct http_call call = {.path = path, .headers = headers};
	struct http_reply reply = {0};

	assert_int_equal(http_client_call(http, &call, &reply, NULL), 0);
	assert_int_equal(reply.status, 200);
	assert_null(strstr(reply.body, "vmlinuz"));
	http_reply_done(&reply);
}

/* The row of that MAC in the list as it is now; NULL: it is not there. Borrowed of the bench. */
static const json_t *seen(struct server_bench *b, const char *mac)
{
	size_t i;
	json_t *item;

	server_bench_tick(b);
	assert_int_equal(server_bench_admin(b, "GET", "/api/v1/seen", NULL), 200);
	json_array_foreach (json_object_get(b->reply, "items"), i, item)
		if (str_eq(json_string_value(json_object_get(item, "mac")), mac))
			return item;
	return NULL;
}

static const char *text_of(const json_t *item, const char *member)
{
	const char *text = json_string_value(json_object_get(item, member));

	return text ? text : "(none)";
}

static void put_profile(struct server_bench *b, const char *text)
{
	assert_int_equal(server_bench_admin(b, "POST", "/api/v1/profiles", text), 201);
}

static void test_what_is_said_of_one(void **state)
{
	static const struct {
		const char *name, *mac, *query, *firmware, *arch, *why;
		bool has_proposal;
	} rows[] = {
		{"nearly", "52:54:00:00:00:01",
		 "&arch=x86_64&platform=efi&manufacturer=Other&product=M1&serial=S1", "uefi",
		 "x86_64",
		 "profile 'p' fits nearly: its manufacturer is 'Acme*', this machine's is 'Other'",
		 true},
		{"texts that steer", "52:54:00:00:00:02",
		 "&arch=x86_64&platform=pcbios&manufacturer=%1b%5b2J%22*", "bios", "x86_64",
		 "profile 'p' fits nearly: its manufacturer is 'Acme*', this machine's is '?[2J\"*'",
		 true},
		{"no agent for it", "52:54:00:00:00:03", "&arch=riscv&manufacturer=Acme", "", "",
		 "no agent for this kind of machine", false},
	};
	struct server_bench *b = *state;

	put_profile(b, CLOSED);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ask(b, rows[i].mac, "10.0.0.9", rows[i].query);
		const json_t *item = seen(b, rows[i].mac);
		CHECK(rows[i].name, item);
		CHECK_STR(rows[i].name, text_of(item, "why"), rows[i].why);
		CHECK_STR(rows[i].name, text_of(item, "firmware"), rows[i].firmware);
		CHECK_STR(rows[i].name, text_of(item, "arch"), rows[i].arch);
		CHECK_STR(rows[i].name, text_of(item, "address"), "10.0.0.9");
		CHECK(rows[i].name,
		      !json_object_get(item, "profile_to_let_it_in") == !rows[i].has_proposal);
	}
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM host"), 0);
}

static void test_proposal_lets_in_that_one(void **state)
{
	struct server_bench *b = *state;
	struct fake_agent a;

	put_profile(b, CLOSED);
	ask(b, MAC_A, "10.0.0.9", "&arch=x86_64&manufacturer=Other");
	autofree char *profile = json_text(json_object_get(seen(b, MAC_A), "profile_to_let_it_in"));
	put_profile(b, profile);
	const json_t *item = seen(b, MAC_A);
	assert_non_null(strstr(text_of(item, "why"), "lets it in now"));
	assert_null(json_object_get(item, "profile_to_let_it_in"));
	walk_to_discovered(b, &a, "S1", MAC_A);
	assert_null(seen(b, MAC_A)); /* it is a host now */
	server_bench_tick(b);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM seen_host"), 0);
	fake_agent_done(&a);
}

/* Many addresses, many MACs: the list has an end, and who asks again and again stays on it. */
static void test_flood(void **state)
{
	struct server_bench *b = *state;
	char mac[18], address[16];

	put_profile(b, CLOSED);
	for (int i = 0; i < 3; i++) {
		ask(b, MAC_A, "10.0.0.9", "&arch=x86_64&manufacturer=Other");
		server_bench_tick(b);
		server_bench_advance(b, 61000);
	}
	for (unsigned i = 0; i < 400; i++) {
		(void)snprintf(mac, sizeof(mac), "02:00:00:00:%02x:%02x", i / 256, i % 256);
		(void)snprintf(address, sizeof(address), "10.1.%u.%u", i / 256, i % 256);
		ask(b, mac, address, "&arch=x86_64&serial=flood");
		if (i % 50 == 49) {
			server_bench_advance(b, 61000);
			server_bench_tick(b);
		}
	}
	assert_non_null(seen(b, MAC_A));
	assert_int_equal(json_integer_value(json_object_get(seen(b, MAC_A), "times")), 3);
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM seen_host"), SEEN_HOSTS_MAX);
}

/* One address that invents MACs has a small budget; another one is noted beside it. */
static void test_one_address(void **state)
{
	struct server_bench *b = *state;
	char mac[18];

	for (unsigned i = 0; i < 40; i++) {
		(void)snprintf(mac, sizeof(mac), "02:00:00:00:00:%02x", i);
		ask(b, mac, "10.0.0.66", "&arch=x86_64");
	}
	ask(b, MAC_B, "10.0.0.9", "&arch=x86_64");
	const json_t *item = seen(b, MAC_B);
	assert_non_null(item);
	assert_string_equal(text_of(item, "why"), "there is no profile yet");
	assert_int_equal(server_bench_number(b, "SELECT count(*) FROM seen_host"), 9);
}

static int setup(void **state)
{
	struct server_bench *b = xcalloc(1, sizeof(*b));

	server_bench_open(b);
	*state = b;
	return 0;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, walk_teardown)
	const struct CMUnitTest tests[] = {
		T(test_what_is_said_of_one),
		T(test_proposal_lets_in_that_one),
		T(test_flood),
		T(test_one_address),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("seen hosts", tests, NULL, NULL);
}
