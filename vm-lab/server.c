/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs slipwayd in the cage. Its folders lie in the scenario's folder but are seen at /run/lab,
 * which every user may enter: nginx's workers are not root, and a checkout may be closed to others.
 * Sockets, pid files and leases are in the cage's own /run and vanish with it.
 */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>
#include "cage.h"
#include "cage_users.h"
#include "net.h"
#include "site.h"

#define READY_TIMEOUT_MS 90000 /* it makes its keys first; alone it takes two seconds */
#define MIN_RESTART_MS   500

#define SERVER_DIR "/run/lab/server"
#define CONF_PATH  SERVER_DIR "/slipwayd.conf"

static int conf_write(const struct server *s, struct err *err)
{
	autostr struct str c;

	str_init(&c, 4096);
	str_addf(&c, "[server]\nstate_dir = %s/state\nrun_dir = %s\n", SERVER_DIR, SERVER_RUN_DIR);
	str_addf(&c, "interface = %s\naddress = %s\nlog = text\n\n", LAB_BRIDGE, LAB_ADDRESS);
	str_addf(&c,
		 "[boot]\nfiles_dir = /run/lab/boot\n# emulated CPUs have no speculation to guard "
		 "against, and retpolines cost them dearly\n"
		 "kernel_args = mitigations=off\n\n[dhcp]\nmode = %s\n",
		 word_str(&dhcp_mode_words, (int)s->dhcp));
	if (s->dhcp == DHCP_FULL)
		str_addf(&c, "range_start = %s\nrange_end = %s\n", LAB_RANGE_START, LAB_RANGE_END);
	if (s->dhcp != DHCP_OFF)
		str_addf(&c, "netmask = %s\n", LAB_NETMASK);
	str_addf(&c, "\n# nobody but the lab orders here, and its profile arms every host\n"
		     "[orders]\nsecond_person = off\n");
	return file_write_atomic(CONF_PATH, c.p, c.n_bytes, 0644, err);
}

/* The images are signed by the lab's own key: its trust root goes where an operator would put it.
 */
static int trust_install(const struct server *s, struct err *err)
{
	autofree char *text = NULL;
	size_t n_bytes;

	TRY(file_make_dirs(SERVER_DIR "/state/trust", 0755, err));
	if (file_read(s->trust_root, LIMIT_CONFIG_BYTES, &text, &n_bytes, err) < 0)
		return err_set(err, ERR_LAB_MISSING, "no trust root '%s'", s->trust_root);
	return file_write_atomic(SERVER_DIR "/state/trust/root.json", text, n_bytes, 0644, err);
}

static int furnish(const struct server *s, struct err *err)
{
	autofree char *folder = xasprintf("%s/server", s->folder);

	TRY(file_make_dirs(folder, 0755, err));
	TRY(cage_bind(folder, SERVER_DIR, err));
	TRY(cage_bind(s->boot_dir, "/run/lab/boot", err));
	TRY(file_make_dirs(SERVER_RUN_DIR, 0755, err));
	TRY(cage_users(err));
	TRY(trust_install(s, err));
	return conf_write(s, err);
}

static int spawn(struct server *s, struct err *err)
{
	const char *const argv[] = {s->program, "--config", CONF_PATH, NULL};

	if (access(s->program, X_OK) < 0)
		return err_set(err, ERR_LAB_MISSING, "no program '%s'", s->program);
	(void)unlink(SERVER_RUN_DIR "/ready");
	s->restart_at_ms = 0;
	return site_spawn(argv, s->folder, "server.log", &s->child, err);
}

static bool reap(struct server *s)
{
	int status;

	return child_is_running(&s->child) && child_try_reap(&s->child, &status, NULL) != 0;
}

static int wait_ready(struct server *s, struct err *err)
{
	int64_t deadline_ms = time_boot_ms() + READY_TIMEOUT_MS;

	while (access(SERVER_RUN_DIR "/ready", F_OK) < 0) {
		if (cage_stopping())
			return err_set(err, ERR_CANCELLED, "stopped on request");
		if (reap(s))
			return err_set(err, ERR_LAB_SERVER, "slipwayd ended at its start");
		if (time_boot_ms() > deadline_ms)
			return err_set(err, ERR_TIMEOUT, "slipwayd was not ready after 90 s");
		(void)poll(NULL, 0, 20);
	}
	return 0;
}

int server_start(struct server *s, struct err *err)
{
	TRY(furnish(s, err));
	TRY(spawn(s, err));
	return wait_ready(s, err);
}

void server_tend(struct server *s)
{
	struct err err = ERR_INIT;

	if (reap(s)) {
		s->restarts++;
		if (!s->restart_at_ms)
			s->restart_at_ms = time_boot_ms() + MIN_RESTART_MS;
	}
	if (!child_is_running(&s->child) && s->restart_at_ms &&
	    time_boot_ms() >= s->restart_at_ms && spawn(s, &err) < 0)
		s->restart_at_ms = time_boot_ms() + MIN_RESTART_MS;
}

static pid_t pid_from_file(const char *path)
{
	char line[24];
	uint64_t pid;

	file_read_line(path, line, sizeof(line));
	return parse_u64(line, &pid) && pid > 1 && pid < (1U << 22) ? (pid_t)pid : 0;
}

int server_kill(struct server *s, enum lab_deed deed, unsigned pause_s, struct err *err)
{
	pid_t pid = deed == DEED_KILL_SLIPWAYD ? s->child.pid
		    : deed == DEED_KILL_DNSMASQ
			    ? pid_from_file(SERVER_RUN_DIR "/dnsmasq/dnsmasq.pid")
			    : pid_from_file(SERVER_RUN_DIR "/nginx/nginx.pid");

	if (pid <= 0 || kill(pid, SIGKILL) < 0)
		return err_set(err, ERR_NOT_FOUND, "%s: it does not run",
			       word_str(&lab_deed_words, (int)deed));
	if (deed == DEED_KILL_SLIPWAYD)
		s->restart_at_ms = time_boot_ms() + (pause_s ? pause_s * 1000 : MIN_RESTART_MS);
	return 0;
}

int server_resume(struct server *s, struct err *err)
{
	TRY(spawn(s, err));
	return wait_ready(s, err);
}

void server_stop(struct server *s)
{
	site_end(&s->child);
}
