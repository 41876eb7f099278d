/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A-17 from end to end: an object changes in the store of a real slipwayd while a host is being
 * written from it, through a real nginx, by the writer that agents have. The host refuses the
 * bytes; the server looks for itself and puts the object away; the next host is refused before it
 * may write; people can name it; an import heals it. Each test goes on where the one before ended.
 * usage: test_quarantine DIR SLIPWAY: run by tests/flow/image_quarantine.sh, which makes both.
 */
#include "tests/harness/check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/process.h>
#include <base/str.h>
#include <images/install.h>
#include "tests/harness/host_walk.h"

#define DISK_BYTES (48U << 20)

static const char *dir, *slipway;
static struct server_bench bench; /* only where it is: the script has started it */
static struct fake_agent first, second;
static char *object, *target;

/* ---- the host -------------------------------------------------------------------------------- */

struct writing {
	bool spoil; /* the object, once the host is at it */
};

static void flip_last_byte(const char *path)
{
	struct stat st;
	uint8_t byte;
	autoclose int fd = -1;

	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(pread(fd, &byte, 1, st.st_size - 1), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, st.st_size - 1), 1);
}

static void on_progress(void *arg, enum image_stage stage, uint64_t done_bytes,
			uint64_t total_bytes)
{
	struct writing *w = arg;

	(void)done_bytes, (void)total_bytes;
	if (stage != IMAGE_STAGE_WRITE || !w->spoil)
		return;
	w->spoil = false;
	flip_last_byte(object);
}

/* What step_image.c asks of the writer, with a file for a disk. */
static int write_image(const struct fake_agent *a, bool spoil, struct err *err)
{
	autofree char *root_path = xasprintf("%s/state/trust/root.json", dir);
	AUTO(trust_root) struct trust_root *root = NULL;
	struct writing w = {.spoil = spoil};
	uint8_t digest[SHA256_BYTES];
	struct image_receipt receipt;
	struct image_install_request r = {
		.policy = {.arch = "x86_64", .digest = digest, .line = a->plan.image.line},
		.objects_url = a->plan.image.objects_url,
		.target_fd = -1,
		.target_path = target,
		.read_back = true,
		.progress = on_progress,
		.arg = &w};

	TRY(trust_root_load(root_path, &root, err));
	r.root = root;
	assert_true(hex_decode(a->plan.image.image_digest, digest, sizeof(digest)));
	return image_install(&r, &receipt, err);
}

/* ---- people ---------------------------------------------------------------------------------- */

static int run(const char *const *argv, char **ret_said)
{
	const struct process_options o = {.argv = argv, .timeout_ms = 60000};
	struct process_result r;
	struct err err = ERR_INIT;
	int status;

	if (process_run(&o, &r, &err) < 0)
		fail_msg("%s", err.msg);
	status = r.exit_code;
	*ret_said = xasprintf("%s%s", r.out, r.errors ? r.errors : "");
	process_result_done(&r);
	return status;
}

static int fsck(char **ret_said)
{
	autofree char *store = xasprintf("%s/state/objects", dir);
	const char *const argv[] = {slipway, "image", "fsck", "--store", store, NULL};

	return run(argv, ret_said);
}

static const char *object_name(void)
{
	return strrchr(object, '/') + 1;
}

/* ---- A-17 ------------------------------------------------------------------------------------ */

static void test_the_host_refuses_what_changed(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	walk_to_image(&bench, &second, "S2", MAC_B);
	walk_to_writing(&bench, &first, "S1", MAC_A);
	assert_int_equal(write_image(&first, true, &err), -ERR_IMAGE_DIGEST);
	need(fake_agent_step_failed(&first, err_name(err.code)), 200, &first, "step_failed");
	need_state(&bench, &first, "failed");
}

/* And leaves a disk that starts nothing. */
static void test_nothing_of_it_starts(void **state)
{
	autoclose int fd = open(target, O_RDONLY | O_CLOEXEC);
	uint8_t sector[512];

	(void)state;
	assert_int_equal(pread(fd, sector, sizeof(sector), 0), (ssize_t)sizeof(sector));
	for (size_t i = 0; i < sizeof(sector); i++)
		assert_int_equal(sector[i], 0);
}

static void test_the_server_finds_it_and_puts_it_away(void **state)
{
	autofree char *away = xasprintf("%s/state/objects/quarantine/%s", dir, object_name());
	static const char count[] = "SELECT count(*) FROM event WHERE kind = 'image.damaged'";

	(void)state;
	for (int n = 0; n < 200 && !server_bench_number(&bench, count); n++)
		usleep(20000);
	assert_int_equal(server_bench_number(&bench, count), 1);
	assert_int_equal(access(object, F_OK), -1);
	assert_int_equal(access(away, F_OK), 0);
}

/* Armed before, and about to ask: the host at hand, and the one that failed, too. */
static void test_the_next_host_may_not_write(void **state)
{
	(void)state;
	assert_int_equal(fake_agent_permit(&second, NULL), 409);
	assert_string_equal(second.code, "image.damaged");
	assert_int_equal(walk_arm(&bench, &first, ",\"reason\":\"again\""), 409);
	assert_string_equal(bench.code, "image.damaged");
}

static void test_people_can_name_it(void **state)
{
	autofree char *said = NULL;

	(void)state;
	assert_int_equal(fsck(&said), 1);
	if (!strstr(said, object_name()))
		fail_msg("no %s in: %s", object_name(), said);
}

static void test_an_import_heals_it(void **state)
{
	autofree char *archive = xasprintf("%s/debian12.slip", dir), *said = NULL, *sound = NULL;
	const char *const argv[] = {slipway,  "--socket", bench.admin, "image",
				    "import", archive,    NULL};

	(void)state;
	if (run(argv, &said))
		fail_msg("%s", said);
	assert_int_equal(fsck(&sound), 0);
}

static void test_and_the_next_host_is_written(void **state)
{
	autofree char *disk = xasprintf("%s/disk", dir), *was = NULL, *is = NULL;
	struct err err = ERR_INIT;
	size_t n_was, n_is;

	(void)state;
	need(fake_agent_permit(&second, NULL), 200, &second, "permit");
	if (write_image(&second, false, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(file_read(disk, DISK_BYTES, &was, &n_was, &err), 0);
	assert_int_equal(file_read(target, DISK_BYTES, &is, &n_is, &err), 0);
	assert_int_equal(n_is, n_was);
	assert_memory_equal(is, was, n_was);
	walk_finish_image(&bench, &second);
	need_state(&bench, &second, "verifying");
}

/* ---- where all is ---------------------------------------------------------------------------- */

/* The image's largest object is its payload. */
static char *find_object(void)
{
	autofree char *store = xasprintf("%s/state/objects/sha256", dir), *said = NULL;
	const char *const argv[] = {"find", store, "-size", "+8M", NULL};

	if (run(argv, &said) || strcspn(said, "\n") == 0)
		return NULL;
	return xstrndup(said, strcspn(said, "\n"));
}

static int setup(void **state)
{
	(void)state;
	snprintf(bench.front, sizeof(bench.front), "%s/run/http.sock", dir);
	snprintf(bench.admin, sizeof(bench.admin), "%s/run/admin.sock", dir);
	snprintf(bench.plan_key, sizeof(bench.plan_key), "%s/state/keys/plan-key.pem", dir);
	snprintf(bench.store, sizeof(bench.store), "sqlite:%s/state/slipway.db", dir);
	target = xasprintf("%s/target", dir);
	object = find_object();
	if (!object || server_bench_admin(&bench, "POST", "/api/v1/profiles", profile_auto) != 201)
		return -1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_agent_done(&first);
	fake_agent_done(&second);
	json_decref(bench.reply);
	free(object);
	free(target);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_host_refuses_what_changed),
		cmocka_unit_test(test_nothing_of_it_starts),
		cmocka_unit_test(test_the_server_finds_it_and_puts_it_away),
		cmocka_unit_test(test_the_next_host_may_not_write),
		cmocka_unit_test(test_people_can_name_it),
		cmocka_unit_test(test_an_import_heals_it),
		cmocka_unit_test(test_and_the_next_host_is_written),
	};

	if (argc != 3)
		return 2;
	dir = argv[1];
	slipway = argv[2];
	return cmocka_run_group_tests_name("server/quarantine", tests, setup, teardown);
}
