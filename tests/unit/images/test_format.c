/* SPDX-License-Identifier: Apache-2.0 */
/*
 * images/FORMAT.md, section 8: the smallest archive is made again and is, byte for byte, the hex
 * dump of the page and the file of the corpus. Run from the top of the tree.
 */
#include "fixture.h"

#include <ctype.h>
#include <stdlib.h>

#include <base/file.h>
#include <base/str.h>

#define PAGE    "images/FORMAT.md"
#define ARCHIVE "tests/fuzz/corpus/container/valid"
#define ROOT    "tests/fuzz/corpus/trust_root/valid"

/* RFC 8032, section 7.1, test 1, as PKCS #8. */
static const char rfc_key[] = "-----BEGIN PRIVATE KEY-----\n"
			      "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
			      "-----END PRIVATE KEY-----\n";

static char *read_all(const char *path, size_t *ret_n)
{
	struct err err = ERR_INIT;
	char *p;

	if (file_read(path, 1 << 20, &p, ret_n, &err) < 0)
		fail_msg("%s", err.msg);
	return p;
}

static char *make_smallest(const struct fixture *f, size_t *ret_n)
{
	autofree char *key = xasprintf("%s/rfc.key", f->dir), *disk = xasprintf("%s/tiny", f->dir);
	autofree char *path = xasprintf("%s/tiny.slip", f->dir);
	struct image_build_request r = {.input = disk,
					.output = path,
					.line = "tiny",
					.version = "1",
					.arch = IMAGE_ARCH_X86_64,
					.seq = 1,
					.raw = true,
					.created_s = 1700000000};
	AUTO(signer) struct signer *signer = NULL;
	uint8_t sectors[4096] = "disk!";
	struct err err = ERR_INIT;

	sectors[510] = 0x55;
	sectors[511] = 0xaa;
	assert_int_equal(file_write_atomic(disk, sectors, sizeof(sectors), 0600, &err), 0);
	assert_int_equal(file_write_atomic(key, rfc_key, strlen(rfc_key), 0600, &err), 0);
	assert_int_equal(signer_from_file(key, &signer, &err), 0);
	if (image_build(&r, NULL, &err) < 0 ||
	    archive_sign(path, (const struct signer *const *)&signer, 1, &err) < 0)
		fail_msg("%s", err.msg);
	return read_all(path, ret_n);
}

/* The dump of the page as bytes: lines of zeros are left out, the last line is the size. */
static uint8_t *read_dump(size_t *ret_n)
{
	size_t n_page, n = 0, size = 0;
	autofree char *page = read_all(PAGE, &n_page);
	uint8_t *bytes = xcalloc(1, 1 << 20);
	struct sv rest = sv_of(strstr(page, "## 7."));

	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');
		autofree char *text = xstrndup(line.p, line.n);
		const char *hex = strchr(text, ':');

		if (!str_starts(text, "    0"))
			continue;
		size = strtoull(text, NULL, 16);
		for (n = 0; hex && n < 16; hex++) {
			char pair[3] = {hex[1], hex[2], '\0'};

			if (!isxdigit((unsigned char)pair[0]))
				continue;
			assert_true(hex_decode(pair, bytes + size + n++, 1));
			hex++;
		}
	}
	*ret_n = size;
	return bytes;
}

static void test_the_page_shows_it(void **state)
{
	size_t n, n_page, n_file;
	autofree char *made = make_smallest(*state, &n), *file = read_all(ARCHIVE, &n_file);
	autofree uint8_t *page = read_dump(&n_page);

	assert_int_equal(n_page, n);
	assert_int_equal(n_file, n);
	assert_memory_equal(page, made, n);
	assert_memory_equal(file, made, n);
}

static void test_its_root_trusts_it(void **state)
{
	AUTO(trust_root) struct trust_root *root = NULL;
	struct err err = ERR_INIT;
	size_t n;
	autofree char *file = read_all(ARCHIVE, &n);

	(void)state;
	assert_int_equal(trust_root_load(ROOT, &root, &err), 0);
	assert_int_equal(fixture_verify(file, n, root, NULL, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_page_shows_it),
		cmocka_unit_test(test_its_root_trusts_it),
	};

	return cmocka_run_group_tests_name("images/format", tests, fixture_setup, fixture_teardown);
}
