/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans: there and back for every kind of step, and the envelope against tampering, other keys,
 * other readers and other times.
 */
#include "tests/harness/check.h"

#include <sys/stat.h>
#include <unistd.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/plan.h>

static char dir[] = "/tmp/slipway-plan-XXXXXX";
static struct plan_key *key, *pub, *other;

static int setup(void **state)
{
	struct err err = ERR_INIT;
	char a[64], b[64], c[64], d[64];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(a, sizeof(a), "%s/a", dir);
	snprintf(b, sizeof(b), "%s/a.pub", dir);
	snprintf(c, sizeof(c), "%s/c", dir);
	snprintf(d, sizeof(d), "%s/c.pub", dir);
	if (plan_key_generate(a, b, &err) < 0 || plan_key_generate(c, d, &err) < 0 ||
	    plan_key_load_private(a, &key, &err) < 0 || plan_key_load_public(b, &pub, &err) < 0 ||
	    plan_key_load_public(d, &other, &err) < 0)
		return -1;
	struct stat st;
	return stat(a, &st) == 0 && (st.st_mode & 0777) == 0600 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	plan_key_free(key);
	plan_key_free(pub);
	plan_key_free(other);
	const char *const names[] = {"a", "a.pub", "c", "c.pub"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char path[64];
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct plan sample(enum plan_step_kind kind)
{
	struct plan p = {.plan_id = "p",
			 .host_id = "h",
			 .session_id = "s",
			 .epoch = 3,
			 .agent_key = HEX64,
			 .nonce = HEX64,
			 .issued_unix_s = 1000,
			 .expires_unix_s = 2000,
			 .seq = 7,
			 .kind = kind};

	p.burn_in = (struct plan_burn_in){.run_id = "r",
					  .tier = "quick",
					  .seed = 9,
					  .next_sequence = 12,
					  .tests = {{"cpu-verify", 1, HEX64, false, NULL},
						    {"smart", 0, "", true, NULL},
						    {"own", 5, HEX64, false, NULL}},
					  .n_tests = 3};
	p.burn_in.tests[2].definition = xstrdup("{\"id\": \"own\"}\n");
	p.image = (struct plan_image){.arm_id = "a",
				      .image_digest = HEX64,
				      .line = "debian12",
				      .version = "1",
				      .latest = true,
				      .disk = {"w", "d", 512},
				      .wipe_consent = "d",
				      .objects_url = "http://x/objects",
				      .hostname = "host",
				      .fqdn = "host.example",
				      .console = "ttyS1,115200n8",
				      .boot_order = PLAN_BOOT_DISK,
				      .first_boot_url = "https://x/f",
				      .first_boot_pin = "sha256//x",
				      .first_boot_token = HEX64};
	p.image.ssh_authorized_keys[0] = xstrdup("ssh-ed25519 AAAA me");
	p.image.n_ssh_authorized_keys = 1;
	p.image.user_data = xstrdup("#cloud-config\n");
	p.image.channel = xstrdup("{\"payload\":\"\"}");
	p.reboot_delay_s = 5;
	(void)str_copy(p.wait.message, sizeof(p.wait.message), "waits");
	(void)str_copy(p.wait.turn, sizeof(p.wait.turn), "operator");
	p.erase_disk = (struct plan_disk){"", "d", 1024};
	(void)str_copy(p.erase_arm_id, sizeof(p.erase_arm_id), "a");
	(void)str_copy(p.erase_method, sizeof(p.erase_method), "crypto,overwrite");
	return p;
}

static char *sealed(enum plan_step_kind kind)
{
	struct err err = ERR_INIT;
	struct plan p = sample(kind);
	autojson json_t *payload = plan_encode(&p);
	autojson json_t *envelope = NULL;

	assert_int_equal(plan_seal(key, payload, &envelope, &err), 0);
	plan_done(&p);
	return json_text(envelope);
}

static void test_there_and_back(void **state)
{
	(void)state;
	for (unsigned k = PLAN_STEP_NONE + 1; k < _PLAN_STEP_MAX; k++) {
		struct err err = ERR_INIT;
		struct plan got, want = sample((enum plan_step_kind)k);
		autofree char *text = sealed((enum plan_step_kind)k);
		const char *name = plan_step_kind_str((enum plan_step_kind)k);
		CHECK_ERR(name, plan_open(pub, text, strlen(text), &got, &err), ERR_OK);
		/* a decoded plan encodes to the same document as the one that was meant */
		autojson json_t *a = plan_encode(&want);
		autojson json_t *b = plan_encode(&got);
		CHECK(name, json_equal(a, b));
		plan_done(&got);
		plan_done(&want);
	}
}

static void test_pae(void **state)
{
	(void)state;
	autofree uint8_t *p = NULL;
	size_t n;
	plan_pae("http://example.com/HelloWorld", "hello world", 11, &p, &n);
	/* the test vector of the DSSE specification */
	static const char wanted[] = "DSSEv1 29 http://example.com/HelloWorld 11 hello world";
	assert_int_equal(n, sizeof(wanted) - 1);
	assert_memory_equal(p, wanted, n);
}

static void test_other_key(void **state)
{
	struct err err = ERR_INIT;
	struct plan p;
	autofree char *text = sealed(PLAN_STEP_INSPECT);

	(void)state;
	CHECK_ERR("other key", plan_open(other, text, strlen(text), &p, &err), ERR_PLAN_SIGNATURE);
	plan_done(&p);
}

/* Any changed byte of the envelope: never a good plan. */
static void test_flipped_bytes(void **state)
{
	autofree char *text = sealed(PLAN_STEP_IMAGE);
	size_t n = strlen(text);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (int bit = 0; bit < 7; bit += 3) {
			struct err err = ERR_INIT;
			struct plan p;
			text[i] ^= (char)(1 << bit);
			if (plan_open(pub, text, n, &p, &err) >= 0)
				fail_msg("byte %zu bit %d was changed and nobody noticed", i, bit);
			plan_done(&p);
			text[i] ^= (char)(1 << bit);
		}
	}
}

static void test_bad_envelopes(void **state)
{
	static const struct {
		const char *name, *text;
		enum err_code code;
	} rows[] = {
		{"empty", "", ERR_JSON},
		{"no JSON", "hello", ERR_JSON},
		{"a list", "[]", ERR_PLAN_ENVELOPE},
		{"nothing in it", "{}", ERR_FIELD_MISSING},
		{"another type", "{\"payload_type\":\"x\",\"payload\":\"e30=\",\"signatures\":[]}",
		 ERR_PLAN_TYPE},
		{"unsigned",
		 "{\"payload_type\":\"" PLAN_PAYLOAD_TYPE
		 "\",\"payload\":\"e30=\",\"signatures\":[]}",
		 ERR_PLAN_SIGNATURE},
		{"unknown field",
		 "{\"payload_type\":\"" PLAN_PAYLOAD_TYPE
		 "\",\"payload\":\"e30=\",\"signatures\":[],\"x\":1}",
		 ERR_FIELD_UNKNOWN},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct plan p;
		CHECK_ERR(rows[i].name,
			  plan_open(pub, rows[i].text, strlen(rows[i].text), &p, &err),
			  rows[i].code);
		plan_done(&p);
	}
}

/* A payload with a good signature and a bad field: the fields of the image step, one by one. */
static void test_bad_fields(void **state)
{
	static const struct {
		const char *name, *key;
		int what; /* 0 remove, 1 number, 2 too long, 3 empty */
	} rows[] = {
		{"no arm", "arm_id", 0},          {"arm is a number", "arm_id", 1},
		{"no digest", "image_digest", 0}, {"digest is long", "image_digest", 2},
		{"no disk", "disk", 0},           {"disk is a number", "disk", 1},
		{"no host", "host", 0},           {"no first boot", "first_boot", 0},
		{"empty line", "line", 3},        {"long line", "line", 2},
		{"no kind", "kind", 0},           {"unknown kind", "kind", 2},
		{"seq is text", "seq", 3},
	};
	char longtext[300];
	memset(longtext, 'x', sizeof(longtext) - 1);
	longtext[sizeof(longtext) - 1] = '\0';
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct plan p = sample(PLAN_STEP_IMAGE), got;
		autojson json_t *doc = plan_encode(&p);
		json_t *step = json_object_get(doc, "step");
		json_t *values[] = {NULL, json_integer(5), json_string(longtext), json_string("")};
		if (rows[i].what == 0)
			json_object_del(step, rows[i].key);
		else
			json_object_set(step, rows[i].key, values[rows[i].what]);
		for (int v = 1; v < 4; v++)
			json_decref(values[v]);
		CHECK(rows[i].name, plan_decode(doc, &got, &err) < 0);
		CHECK(rows[i].name, err.pointer[0] == '/');
		plan_done(&got);
		plan_done(&p);
	}
}

/* A word that this agent does not know is not taken for another one, whatever its length. */
static void test_unknown_words(void **state)
{
	static const struct {
		const char *key, *word;
	} rows[] = {
		{"boot_order", "usb"},
		{"boot_order", "Disk"},
		{"boot_order", "disk,network"},
		{"boot_order", " "},
		{"boot_order", "network and then everything else that the firmware knows"},
		{"console", "tty"},
		{"console",
		 "ttyS1,115200n8,and then everything else that a kernel can be told of it"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct plan p = sample(PLAN_STEP_IMAGE), got;
		autojson json_t *doc = plan_encode(&p);
		json_t *host = json_object_get(json_object_get(doc, "step"), "host");
		autofree char *pointer = xasprintf("/step/host/%s", rows[i].key);

		(void)json_object_set_new(host, rows[i].key, json_string(rows[i].word));
		CHECK(rows[i].word, plan_decode(doc, &got, &err) < 0);
		CHECK_STR(rows[i].word, err.pointer, pointer);
		plan_done(&got);
		(void)json_object_set_new(host, rows[i].key, json_integer(1));
		CHECK(rows[i].word, plan_decode(doc, &got, &err) < 0);
		plan_done(&got);
		plan_done(&p);
	}
}

/* A plan that names no disk at all is not a plan for every disk. */
static void test_empty_disk(void **state)
{
	struct err err = ERR_INIT;
	struct plan p = sample(PLAN_STEP_IMAGE), got;

	(void)state;
	p.image.disk.wwn[0] = p.image.disk.serial[0] = '\0';
	autojson json_t *doc = plan_encode(&p);
	CHECK_ERR("no serial, no WWN", plan_decode(doc, &got, &err), ERR_GUARD_SELECTOR);
	plan_done(&got);
	plan_done(&p);
}

static void test_check(void **state)
{
	static const struct {
		const char *name;
		struct plan_expect e;
		enum err_code code;
	} rows[] = {
		{"meant for us", {"h", "s", HEX64, HEX64, 3, 1500}, ERR_OK},
		{"S-14 another host", {"x", "s", HEX64, HEX64, 3, 1500}, ERR_PLAN_BINDING},
		{"another session", {"h", "x", HEX64, HEX64, 3, 1500}, ERR_PLAN_BINDING},
		{"another key", {"h", "s", "x", HEX64, 3, 1500}, ERR_PLAN_BINDING},
		{"S-14 another nonce", {"h", "s", HEX64, "x", 3, 1500}, ERR_PLAN_BINDING},
		{"an older epoch", {"h", "s", HEX64, HEX64, 4, 1500}, ERR_PLAN_EPOCH},
		{"a newer epoch", {"h", "s", HEX64, HEX64, 2, 1500}, ERR_PLAN_EPOCH},
		{"expired", {"h", "s", HEX64, HEX64, 3, 2000}, ERR_PLAN_EXPIRED},
		{"just in time", {"h", "s", HEX64, HEX64, 3, 1999}, ERR_OK},
		{"a little early", {"h", "s", HEX64, HEX64, 3, 800}, ERR_OK},
		{"from the future", {"h", "s", HEX64, HEX64, 3, 0}, ERR_PLAN_EXPIRED},
	};
	struct plan p = sample(PLAN_STEP_INSPECT);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		CHECK_ERR(rows[i].name, plan_check(&p, &rows[i].e, &err), rows[i].code);
	}
	plan_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_pae),
		cmocka_unit_test(test_other_key),      cmocka_unit_test(test_flipped_bytes),
		cmocka_unit_test(test_bad_envelopes),  cmocka_unit_test(test_bad_fields),
		cmocka_unit_test(test_unknown_words),  cmocka_unit_test(test_empty_disk),
		cmocka_unit_test(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("plan", tests, setup, teardown);
}
