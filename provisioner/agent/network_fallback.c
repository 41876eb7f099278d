/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Falling back to DHCP once; see network_fallback.h. What failed is written down before the script
 * runs: a host that loses its power in between still reports it.
 */
#include "network_fallback.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <base/child.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <base/text.h>

#include "disk/first_boot_files.h"
#include "facts/sysfs.h"

#define LEAST_TRY_MS 60000

int64_t network_fallback_due_ms(int64_t started_ms, int64_t after_s)
{
	int64_t least = after_s * 1000 < LEAST_TRY_MS ? after_s * 1000 : LEAST_TRY_MS;
	int64_t due = after_s * 1000;

	return due < started_ms + least ? started_ms + least : due;
}

void network_failure_read(const char *root, char ret[static NETWORK_FAILURE_BYTES])
{
	autofree char *path = xasprintf("%s" FIRST_BOOT_FAILURE, root), *text = NULL;
	size_t n_bytes;

	ret[0] = '\0';
	if (file_read(path, NETWORK_FAILURE_BYTES, &text, &n_bytes, NULL) == 0)
		text_print(ret, NETWORK_FAILURE_BYTES, "%s", text);
}

/* "; no link: left, right" */
static void add_dead_ports(const char *root, struct str *out)
{
	autofree char *path = xasprintf("%s/sys/class/net", root);
	DIR *folder = opendir(path);
	bool any = false;

	for (struct dirent *e; folder && (e = readdir(folder));) {
		char carrier[8];

		if (e->d_name[0] == '.')
			continue;
		sysfs_text(root, carrier, sizeof(carrier), "sys/class/net/%s/carrier", e->d_name);
		if (!str_eq(carrier, "0"))
			continue;
		str_addf(out, "%s%s", any ? ", " : "; no link: ", e->d_name);
		any = true;
	}
	if (folder)
		(void)closedir(folder);
}

static void run_script(const char *path)
{
	const char *const argv[] = {path, NULL};
	const struct child_program program = {
		.argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
	struct child script = CHILD_NONE;
	struct err err = ERR_INIT;

	if (child_spawn(&program, &script, &err) < 0)
		fprintf(stderr, "%s\n", err.msg);
	else
		(void)child_reap(&script);
}

bool network_fall_back(const char *root, const char *why,
		       char failure[static NETWORK_FAILURE_BYTES])
{
	autofree char *script = xasprintf("%s" FIRST_BOOT_FALLBACK, root);
	autofree char *note = xasprintf("%s" FIRST_BOOT_FAILURE, root);
	autostr struct str text = {0};
	struct err err = ERR_INIT;

	if (access(script, X_OK) < 0)
		return false;
	str_init(&text, 4096);
	str_add(&text, why);
	add_dead_ports(root, &text);
	text_print(failure, NETWORK_FAILURE_BYTES, "%s", text.p);
	if (file_write_atomic(note, failure, strlen(failure), 0600, &err) < 0)
		fprintf(stderr, "%s\n", err.msg);
	run_script(script);
	(void)unlink(script);
	return true;
}
