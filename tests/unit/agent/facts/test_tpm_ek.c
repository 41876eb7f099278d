/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endorsement key: replies that are spoilt one byte at a time, and a real TPM in software. The
 * key that swtpm gives here is the one that tpm2-tools' `tpm2_createek -G ecc` gives of it.
 */
#include <tests/harness/check.h>

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <base/bytes.h>
#include <base/file.h>
#include <base/child.h>
#include <base/process.h>
#include <base/str.h>
#include <agent/facts/tpm_ek.h>

/* A reply with the generator of P-256 (SEC 2, section 2.4.2) as the key. */
static const uint8_t good[] = {
	0x80, 0x02, 0x00, 0x00, 0x00, 0x6e, 0x00, 0x00, 0x00, 0x00, 0x80, 0xff, 0xff, 0xfe,
	0x00, 0x00, 0x00, 0x5c, 0x00, 0x5a, 0x00, 0x23, 0x00, 0x0b, 0x00, 0x03, 0x00, 0xb2,
	0x00, 0x00, 0x00, 0x06, 0x00, 0x80, 0x00, 0x43, 0x00, 0x10, 0x00, 0x03, 0x00, 0x10,
	0x00, 0x20, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
	0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1,
	0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x00, 0x20, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
	0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57,
	0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};
/* of its SubjectPublicKeyInfo, by openssl dgst */
static const char good_sha256[] =
	"5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3";

static void test_replies(void **state)
{
	static const struct {
		const char *name;
		size_t at; /* this byte is .to instead; the last one: nothing is spoilt */
		uint8_t to;
		size_t n_bytes; /* 0: all */
		enum err_code code;
	} rows[] = {
		{"good", 109, 0xf5, 0, ERR_OK},
		{"another form of reply", 1, 0x01, 0, ERR_AGENT_TPM},
		{"a length that is not its own", 5, 0x6d, 0, ERR_AGENT_TPM},
		{"refused", 9, 0x01, 0, ERR_AGENT_TPM},
		{"an RSA key", 21, 0x01, 0, ERR_AGENT_TPM},
		{"a policy that never ends", 28, 0xff, 0, ERR_AGENT_TPM},
		{"a signing scheme", 37, 0x18, 0, ERR_AGENT_TPM},
		{"another curve", 39, 0x04, 0, ERR_AGENT_TPM},
		{"a longer coordinate", 43, 0x21, 0, ERR_AGENT_TPM},
		{"no coordinate", 43, 0x00, 0, ERR_AGENT_TPM},
		{"a point beside the curve", 109, 0xf4, 0, ERR_AGENT_TPM},
		{"a key that is longer than the reply", 18, 0x01, 0, ERR_AGENT_TPM},
		{"nothing", 0, 0x80, 1, ERR_AGENT_TPM},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t reply[sizeof(good)];
		char sha256[SHA256_HEX_BYTES] = "";

		memcpy(reply, good, sizeof(good));
		reply[rows[i].at] = rows[i].to;
		CHECK_ERR(rows[i].name,
			  tpm_ek_parse(reply, rows[i].n_bytes ? rows[i].n_bytes : sizeof(good),
				       sha256, NULL),
			  rows[i].code);
		CHECK_STR(rows[i].name, sha256, rows[i].code ? "" : good_sha256);
	}
}

static void test_every_cut(void **state)
{
	char sha256[SHA256_HEX_BYTES];

	(void)state;
	for (size_t n = 0; n < sizeof(good); n++) {
		uint8_t reply[sizeof(good)];

		memcpy(reply, good, sizeof(good));
		reply[5] = (uint8_t)n; /* even if it says that this is all */
		assert_int_equal(tpm_ek_parse(reply, n, sha256, NULL), -ERR_AGENT_TPM);
	}
}

/* ---- swtpm ----------------------------------------------------------------------------------- */

static char folder[] = "/tmp/slipway-tpm-XXXXXX";

static int connect_to(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(str_copy(a.sun_path, sizeof(a.sun_path), path));
	for (int i = 0; i < 500; i++) {
		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
			return fd;
		(void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	}
	fail_msg("swtpm does not listen at %s", path);
	return -1;
}

/* A chip with its state in folder/NAME, switched on for one question. */
static void ask_chip(const char *name, char *ret)
{
	autofree char *dir = xasprintf("%s/%s", folder, name);
	autofree char *socket_path = xasprintf("%s/%s.sock", folder, name);
	autofree char *state = xasprintf("dir=%s", dir);
	autofree char *server = xasprintf("type=unixio,path=%s", socket_path);
	const char *const argv[] = {"swtpm",    "socket", "--tpm2",  "--tpmstate",    state,
				    "--server", server,   "--flags", "startup-clear", NULL};
	struct child_program o = {.argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
	struct err err = ERR_INIT;
	struct child c;

	assert_int_equal(file_make_dirs(dir, 0700, NULL), 0);
	assert_int_equal(child_spawn(&o, &c, &err), 0);
	int fd = connect_to(socket_path);
	int status = tpm_ek_ask(fd, ret, &err);
	(void)close(fd);
	child_signal(&c, SIGTERM);
	(void)child_reap(&c);
	(void)unlink(socket_path);
	if (status < 0)
		fail_msg("%s", err.msg);
}

static void test_chips(void **state)
{
	char one[SHA256_HEX_BYTES], again[SHA256_HEX_BYTES], other[SHA256_HEX_BYTES], path[128];

	(void)state;
	if (!process_find("swtpm", path, sizeof(path))) {
		print_message("swtpm is not installed\n");
		skip();
	}
	assert_non_null(mkdtemp(folder));
	ask_chip("one", one);
	ask_chip("one", again);
	ask_chip("other", other);
	IGNORE_RESULT(file_remove_tree(folder, NULL));
	assert_int_equal(strlen(one), 64);
	assert_string_equal(one, again);
	assert_string_not_equal(one, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_chips),
	};

	return cmocka_run_group_tests_name("agent/tpm_ek", tests, NULL, NULL);
}
