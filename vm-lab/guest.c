/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One command at a time a guest, as a child of ours. OpenSSH's exit status 255 is its own: the
 * connection was not made, so the command has not run and is tried again while there is time.
 */
#include "guest.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>

#define KEY_TIMEOUT_MS     30000
#define KEY_MAX_BYTES      4096
#define CONNECT_TIMEOUT_MS (5 * 60 * 1000) /* emulated systems start slowly */
#define COMMAND_TIMEOUT_MS (10 * 60 * 1000)
#define TRY_AGAIN_MS       2000
#define SSH_NOT_CONNECTED  255
#define TABLE_MAX_BYTES    (64 * 1024)
#define LOG_MAX_BYTES      (1 * MIB) /* what is read of it for the quotation */
#define QUOTE_BYTES        120

int guest_key_make(const char *folder, char **ret_public, struct err *err)
{
	autofree char *path = xasprintf("%s/guest_key", folder);
	autofree char *public_path = xasprintf("%s.pub", path);
	const char *const argv[] = {"ssh-keygen", "-q",          "-t", "ed25519", "-N", "",
				    "-C",         "slipway-lab", "-f", path,      NULL};
	size_t n_bytes;

	TRY(process_check(argv, KEY_TIMEOUT_MS, err));
	TRY(file_read(public_path, KEY_MAX_BYTES, ret_public, &n_bytes, err));
	(*ret_public)[strcspn(*ret_public, "\r\n")] = '\0';
	return 0;
}

bool guest_is_busy(const struct lab_host *spec, const struct guest_run *run)
{
	return run->n_passed < spec->expect.n_commands && !*run->failure;
}

/* ---- where it is ------------------------------------------------------------------------------ */

/* "10.83.0.101  0x1  0x2  52:54:00:5a:00:01  *  slipway0"; source: proc(5), /proc/net/arp */
static bool row_has(struct sv row, const char *mac, struct sv *ret_address)
{
	struct sv column[4] = {0};

	for (size_t i = 0; i < ARRAY_LEN(column); i++) {
		while (row.n > 0 && *row.p == ' ')
			(void)sv_split(&row, ' ');
		column[i] = sv_split(&row, ' ');
	}
	*ret_address = column[0];
	return sv_eq_str(column[3], mac) && column[0].n < 16;
}

size_t guest_address(const char *table, const char *mac, size_t want, char ret[static 16])
{
	size_t n = 0, chosen;

	for (int pass = 0; pass < 2; pass++) {
		struct sv rest = sv_of(table);
		struct sv address;

		chosen = n ? want % n : 0;
		n = 0;
		while (rest.n > 0) {
			if (!row_has(sv_split(&rest, '\n'), mac, &address))
				continue;
			if (n++ == chosen)
				(void)snprintf(ret, 16, "%.*s", (int)address.n, address.p);
		}
	}
	return n;
}

static bool find(const struct guest_way *way, const struct lab_host *spec, size_t want,
		 char ret[static 16])
{
	autofree char *table = NULL;
	size_t n_bytes;

	return file_read(way->neighbours, TABLE_MAX_BYTES, &table, &n_bytes, NULL) >= 0 &&
	       guest_address(table, spec->mac, want, ret) > 0;
}

/* ---- a command -------------------------------------------------------------------------------- */

static char *log_path(const struct guest_way *way, const struct lab_host *spec,
		      const struct guest_run *run)
{
	return xasprintf("%s/%s.command-%zu.log", way->folder, spec->name, run->n_passed + 1);
}

static void fail(const struct lab_host *spec, struct guest_run *run, const char *what)
{
	text_print(run->failure, sizeof(run->failure), "'%s' %s",
		   spec->expect.commands[run->n_passed], what);
}

/* The hosts of a bench are new each time, so no host key can be known. */
static int start(const struct guest_way *way, const struct lab_host *spec, const char *address,
		 struct guest_run *run, struct err *err)
{
	autofree char *path = log_path(way, spec, run);
	autofree char *who = xasprintf("%s@%s", way->user, address);
	autoclose int log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	const char *const argv[] = {way->ssh,
				    "-F",
				    "/dev/null",
				    "-i",
				    way->key_path,
				    "-o",
				    "BatchMode=yes",
				    "-o",
				    "IdentitiesOnly=yes",
				    "-o",
				    "StrictHostKeyChecking=no",
				    "-o",
				    "UserKnownHostsFile=/dev/null",
				    "-o",
				    "ConnectTimeout=20",
				    "-o",
				    "LogLevel=ERROR",
				    who,
				    "--",
				    spec->expect.commands[run->n_passed],
				    NULL};
	struct child_program program = {
		.argv = argv, .stdin_fd = -1, .stdout_fd = log, .stderr_fd = log};

	if (log < 0)
		return err_sys(err, ERR_IO, "cannot make '%s'", path);
	return child_spawn(&program, &run->child, err);
}

static void try_start(const struct guest_way *way, const struct lab_host *spec,
		      struct guest_run *run)
{
	struct err err = ERR_INIT;
	char address[16];

	if (!find(way, spec, run->n_tries, address))
		run->n_tries++;
	else if (start(way, spec, address, run, &err) < 0)
		fail(spec, run, err.msg);
	else
		run->began_ms = time_boot_ms();
}

/* The last line that is not empty, of what the guest wrote. */
static void quote_end(const struct guest_way *way, const struct lab_host *spec,
		      const struct guest_run *run, char ret[static QUOTE_BYTES])
{
	autofree char *path = log_path(way, spec, run);
	autofree char *text = NULL;
	autostr struct str line;
	size_t n_bytes = 0, start;

	str_init(&line, 4 * LOG_MAX_BYTES);
	*ret = '\0';
	if (file_read(path, LOG_MAX_BYTES, &text, &n_bytes, NULL) < 0)
		return;
	while (n_bytes > 0 && isspace((unsigned char)text[n_bytes - 1]))
		text[--n_bytes] = '\0';
	for (start = n_bytes; start > 0 && text[start - 1] != '\n'; start--)
		;
	str_add_printable(&line, text + start);
	text_print(ret, QUOTE_BYTES, "%s", line.p);
}

static void judge_end(const struct guest_way *way, const struct lab_host *spec, int wait_status,
		      struct guest_run *run)
{
	bool exited = WIFEXITED(wait_status);
	int64_t now_ms = time_boot_ms();
	char said[QUOTE_BYTES], what[QUOTE_BYTES + 40];

	if (exited && WEXITSTATUS(wait_status) == 0) {
		run->n_passed++;
		run->n_tries = 0;
		run->next_try_ms = run->first_try_ms = 0;
		return;
	}
	if (exited && WEXITSTATUS(wait_status) == SSH_NOT_CONNECTED) {
		run->n_tries++;
		run->next_try_ms = now_ms + TRY_AGAIN_MS;
		return;
	}
	quote_end(way, spec, run, said);
	(void)snprintf(what, sizeof(what), "ended with %d: %s",
		       exited ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status), said);
	fail(spec, run, what);
}

void guest_step(const struct guest_way *way, const struct lab_host *spec, struct guest_run *run)
{
	int64_t now_ms = time_boot_ms();
	int wait_status;

	if (!child_is_running(&run->child)) {
		if (!run->first_try_ms)
			run->first_try_ms = now_ms;
		if (now_ms - run->first_try_ms > CONNECT_TIMEOUT_MS)
			fail(spec, run, "did not run: the guest takes no SSH connection");
		else if (now_ms >= run->next_try_ms)
			try_start(way, spec, run);
		return;
	}
	if (child_try_reap(&run->child, &wait_status, NULL) != 0)
		judge_end(way, spec, wait_status, run);
	else if (now_ms - run->began_ms > COMMAND_TIMEOUT_MS) {
		guest_stop(run);
		fail(spec, run, "did not end within ten minutes");
	}
}

void guest_stop(struct guest_run *run)
{
	child_kill(&run->child);
}
