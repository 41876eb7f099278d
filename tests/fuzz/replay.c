/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over its stored corpus as an ordinary test, under any compiler: the folder
 * tests/fuzz/corpus/NAME, where NAME comes from this program's own name (replay_NAME), then over
 * every prefix and single-bit flip of each small entry. Prints TAP.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/file.h>
#include <base/limits.h>
#include <base/str.h>

#define SMALL_ENTRY_BYTES 512

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

/* Exact-size copies on the heap, so that AddressSanitizer sees a read one byte too far. */
static void run_copy(const char *p, size_t n_bytes)
{
	uint8_t *copy = xmalloc(n_bytes);

	memcpy(copy, p, n_bytes);
	(void)LLVMFuzzerTestOneInput(copy, n_bytes);
	free(copy);
}

static size_t replay_entry(const char *path)
{
	autofree char *p = NULL;
	size_t n_bytes, n_runs = 1;
	struct err err = ERR_INIT;

	if (file_read(path, 16 * MIB, &p, &n_bytes, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	run_copy(p, n_bytes);
	if (n_bytes > SMALL_ENTRY_BYTES)
		return n_runs;
	for (size_t cut = 0; cut < n_bytes; cut++, n_runs++)
		run_copy(p, cut);
	for (size_t bit = 0; bit < 8 * n_bytes; bit++, n_runs++) {
		p[bit / 8] ^= (char)(1U << bit % 8);
		run_copy(p, n_bytes);
		p[bit / 8] ^= (char)(1U << bit % 8);
	}
	return n_runs;
}

int main(int argc, char **argv)
{
	const char *base = strrchr(argv[0], '/');
	const char *name = (base ? base + 1 : argv[0]) + strlen("replay_");
	autofree char *folder = xasprintf("tests/fuzz/corpus/%s", argc > 1 ? argv[1] : name);
	struct dirent *entry;
	size_t n_entries = 0, n_runs = 0;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir))) {
		autofree char *path = xasprintf("%s/%s", folder, entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		n_runs += replay_entry(path);
		n_entries++;
	}
	if (dir)
		closedir(dir);
	printf("1..1\n%s 1 - %s: %zu corpus entries, %zu inputs\n", n_entries ? "ok" : "not ok",
	       folder, n_entries, n_runs);
	return n_entries ? 0 : 1;
}
