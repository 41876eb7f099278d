/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports and their programs; see port_holder.h. Input: /proc, whose texts (names of programs) any
 * user of this machine may choose.
 */
#include "port_holder.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/file.h>
#include <base/str.h>

#define TABLE_MAX_BYTES (8 * 1024 * 1024)
#define TCP_LISTEN      0x0a

/* Lines of /proc/net/tcp and udp: "sl local:PORT remote:PORT state tx:rx tr:when retr uid timeout
 * inode". *ret_inode is that of the first socket on the port. */
static bool find_inode(const char *table, bool udp, uint16_t port, uint64_t *ret_inode)
{
	struct err err = ERR_INIT;
	autofree char *text = NULL;
	size_t n_bytes = 0;

	if (file_read(table, TABLE_MAX_BYTES, &text, &n_bytes, &err) < 0)
		return false;
	struct sv rest = sv_of(text);
	while (rest.n > 0) {
		struct sv one = sv_split(&rest, '\n');
		autofree char *line = xstrndup(one.p, one.n);
		unsigned local = 0, state = 0;
		uint64_t inode = 0;

		if (sscanf(line,
			   " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*d %*d %" SCNu64,
			   &local, &state, &inode) != 3)
			continue;
		if (local != port || (!udp && state != TCP_LISTEN))
			continue;
		*ret_inode = inode;
		return true;
	}
	return false;
}

/* Has the process the socket open? */
static bool has_socket(const char *pid, const char *wanted)
{
	autofree char *path = xasprintf("/proc/%s/fd", pid);
	DIR *dir = opendir(path);
	const struct dirent *e;
	bool found = false;

	while (dir && !found && (e = readdir(dir))) {
		char target[64];
		ssize_t n = readlinkat(dirfd(dir), e->d_name, target, sizeof(target) - 1);

		if (n <= 0)
			continue;
		target[n] = '\0';
		found = str_eq(target, wanted);
	}
	if (dir)
		(void)closedir(dir);
	return found;
}

static void name_holder(uint64_t inode, char ret[static PORT_HOLDER_BYTES])
{
	autofree char *wanted = xasprintf("socket:[%" PRIu64 "]", inode);
	DIR *dir = opendir("/proc");
	const struct dirent *e;

	(void)str_copy(ret, PORT_HOLDER_BYTES, "a program that cannot be seen");
	while (dir && (e = readdir(dir))) {
		uint64_t pid = 0;
		char name[32] = "";

		if (!parse_u64(e->d_name, &pid) || !has_socket(e->d_name, wanted))
			continue;
		autofree char *path = xasprintf("/proc/%s/comm", e->d_name);
		file_read_line(path, name, sizeof(name));
		(void)snprintf(ret, PORT_HOLDER_BYTES, "%s (pid %" PRIu64 ")", name, pid);
		break;
	}
	if (dir)
		(void)closedir(dir);
}

bool port_holder(bool udp, uint16_t port, char ret[static PORT_HOLDER_BYTES])
{
	const char *const tables[] = {udp ? "/proc/net/udp" : "/proc/net/tcp",
				      udp ? "/proc/net/udp6" : "/proc/net/tcp6"};
	uint64_t inode = 0;

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		if (!find_inode(tables[i], udp, port, &inode))
			continue;
		name_holder(inode, ret);
		return true;
	}
	return false;
}
