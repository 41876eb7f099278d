/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See host_keys.h. Where OpenSSH keeps its keys; Dropbear keeps no public halves.
 */
#include "host_keys.h"

#include <unistd.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

#define FILE_MAX_BYTES 4096
#define LOOK_EVERY_US  500000

static bool read_one(const char *root, const char *kind, struct ssh_host_key *ret)
{
	autofree char *path = xasprintf("%s/etc/ssh/ssh_host_%s_key.pub", root, kind);
	autofree char *text = NULL;
	size_t n_bytes = 0;

	if (file_read(path, FILE_MAX_BYTES, &text, &n_bytes, NULL) < 0)
		return false;
	struct sv rest = {text, n_bytes};

	return ssh_host_key_parse(sv_split(&rest, '\n'), ret);
}

size_t host_keys_read(const char *root, struct ssh_host_key *ret, size_t max)
{
	static const char *const kinds[] = {"ed25519", "ecdsa", "rsa"};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(kinds) && n < max; i++)
		n += read_one(root, kinds[i], &ret[n]);
	return n;
}

static bool has_server(const char *root)
{
	static const char *const programs[] = {"usr/sbin/sshd", "usr/bin/sshd", "sbin/sshd"};

	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		autofree char *path = xasprintf("%s/%s", root, programs[i]);

		if (!access(path, X_OK))
			return true;
	}
	return false;
}

bool host_keys_wait(const char *root, int64_t timeout_ms)
{
	int64_t until_ms = time_boot_ms() + timeout_ms;
	struct ssh_host_key key;

	while (!host_keys_read(root, &key, 1)) {
		if (!has_server(root) || time_boot_ms() >= until_ms)
			return false;
		(void)usleep(LOOK_EVERY_US);
	}
	return true;
}
