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
#define SOCKETS_MAX     64 /* on one port */

struct sockets {
	uint64_t inodes[SOCKETS_MAX];
	size_t n;
};

/* Lines of /proc/self/net/tcp and udp: "sl local:PORT remote:PORT state tx:rx tr:when retr uid
 * timeout inode". Returns how many sockets on the port were put into ret. */
static size_t add_inodes(const char *table, bool udp, uint16_t port, struct sockets *ret)
{
	struct err err = ERR_INIT;
	autofree char *text = NULL;
	size_t n_bytes = 0;

	if (file_read(table, TABLE_MAX_BYTES, &text, &n_bytes, &err) < 0)
		return ret->n;
	struct sv rest = sv_of(text);
	while (rest.n > 0 && ret->n < SOCKETS_MAX) {
		struct sv one = sv_split(&rest, '\n');
		autofree char *line = xstrndup(one.p, one.n);
		unsigned local = 0, state = 0;
		uint64_t inode = 0;

		if (sscanf(line,
			   " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*d %*d %" SCNu64,
			   &local, &state, &inode) != 3)
			continue;
		if (local == port && (udp || state == TCP_LISTEN))
			ret->inodes[ret->n++] = inode;
	}
	return ret->n;
}

static size_t find_sockets(bool udp, uint16_t port, struct sockets *ret)
{
	ret->n = 0;
	(void)add_inodes(udp ? "/proc/self/net/udp" : "/proc/self/net/tcp", udp, port, ret);
	return add_inodes(udp ? "/proc/self/net/udp6" : "/proc/self/net/tcp6", udp, port, ret);
}

static bool is_one_of(const struct sockets *s, const char *target)
{
	for (size_t i = 0; i < s->n; i++) {
		char wanted[48];

		(void)snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", s->inodes[i]);
		if (str_eq(target, wanted))
			return true;
	}
	return false;
}

/* Has the process one of the sockets open? */
static bool has_socket(const char *pid, const struct sockets *sockets)
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
		found = is_one_of(sockets, target);
	}
	if (dir)
		(void)closedir(dir);
	return found;
}

/* The first process that has one of them; in: session 0: of any session. 0: none can be seen. */
static pid_t find_holder(const struct sockets *sockets, pid_t session)
{
	DIR *dir = opendir("/proc");
	const struct dirent *e;
	uint64_t pid = 0;
	bool found = false;

	while (dir && !found && (e = readdir(dir)))
		found = parse_u64(e->d_name, &pid) && (!session || getsid((pid_t)pid) == session) &&
			has_socket(e->d_name, sockets);
	if (dir)
		(void)closedir(dir);
	return found ? (pid_t)pid : 0;
}

bool port_holder(bool udp, uint16_t port, char ret[static PORT_HOLDER_BYTES])
{
	struct sockets sockets;
	char name[32] = "";

	if (!find_sockets(udp, port, &sockets))
		return false;
	pid_t pid = find_holder(&sockets, 0);
	if (!pid)
		return str_copy(ret, PORT_HOLDER_BYTES, PORT_HOLDER_UNSEEN);
	autofree char *path = xasprintf("/proc/%d/comm", (int)pid);
	file_read_line(path, name, sizeof(name));
	(void)snprintf(ret, PORT_HOLDER_BYTES, "%s (pid %d)", name, (int)pid);
	return true;
}

bool port_is_of_session(bool udp, uint16_t port, pid_t session)
{
	struct sockets sockets;

	return find_sockets(udp, port, &sockets) && find_holder(&sockets, session) != 0;
}
