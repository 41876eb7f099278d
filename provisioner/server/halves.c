/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See halves.h. Input: our configuration, and the state folder of an earlier slipwayd, which may
 * have been another user's.
 */
#include "halves.h"

#include <errno.h>
#include <fts.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/confine.h>
#include <base/file.h>
#include <base/limits.h>
#include <base/str.h>
#include "daemon_calls.h"

#define JOIN_MS       15000
#define RUN_DIR_GIVEN 01775 /* sticky: the daemon cannot move the folders of the others away */

struct boot_place halves_place(const struct config *c, bool own_units)
{
	return (struct boot_place){.config = &c->boot,
				   .state_dir = c->state_dir,
				   .run_dir = c->run_dir,
				   .user = c->user,
				   .own_units = own_units};
}

/* ---- folders --------------------------------------------------------------------------------- */

/* The folders that nginx and dnsmasq have in there are theirs. */
static bool is_anothers(const FTSENT *e)
{
	return e->fts_level == 1 && e->fts_info == FTS_D &&
	       (str_eq(e->fts_name, "nginx") || str_eq(e->fts_name, "dnsmasq"));
}

static int give_tree(char *path, const struct service_user *to, struct err *err)
{
	char *const paths[] = {path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	FTSENT *e;
	int rc = 0;

	if (!tree)
		return err_sys(err, ERR_IO, "cannot read '%s'", path);
	while (rc >= 0 && (e = fts_read(tree))) {
		if (is_anothers(e))
			(void)fts_set(tree, e, FTS_SKIP);
		else if (e->fts_info != FTS_DP && lchown(e->fts_path, to->uid, to->gid) < 0 &&
			 errno != ENOENT)
			rc = err_sys(err, ERR_IO, "cannot give '%s' to user %u", e->fts_path,
				     (unsigned)to->uid);
	}
	(void)fts_close(tree);
	return rc;
}

/* Once, when the owner changes: later the folder's content is the daemon's own work, and nothing
 * that it could have put there is followed or given away. */
static int give_state(char *path, const struct service_user *to, struct err *err)
{
	struct stat st;

	TRY(file_make_dirs(path, 0755, err));
	if (stat(path, &st) < 0)
		return err_sys(err, ERR_IO, "cannot look at '%s'", path);
	return st.st_uid == to->uid ? 0 : give_tree(path, to, err);
}

/* Root's own folder, in which the daemon may make files. */
static int give_run(char *path, const struct service_user *to, struct err *err)
{
	struct stat st;

	TRY(file_make_dirs(path, 0755, err));
	if (stat(path, &st) < 0)
		return err_sys(err, ERR_IO, "cannot look at '%s'", path);
	if (st.st_uid == 0 && st.st_gid == to->gid && (st.st_mode & 07777) == RUN_DIR_GIVEN)
		return 0;
	TRY(give_tree(path, to, err));
	if (chown(path, 0, to->gid) < 0 || chmod(path, RUN_DIR_GIVEN) < 0)
		return err_sys(err, ERR_IO, "cannot give '%s' to group %u", path,
			       (unsigned)to->gid);
	return 0;
}

static int give_folders(const struct config *c, const struct service_user *to, struct err *err)
{
	TRY(give_state(c->state_dir, to, err));
	return give_run(c->run_dir, to, err);
}

int halves_give_state(const struct config *c, struct err *err)
{
	struct boot_place place = halves_place(c, false);
	struct service_user user = service_user_of(&place, SERVICE_DAEMON);

	return geteuid() == 0 ? give_tree(c->state_dir, &user, err) : 0;
}

/* ---- two processes --------------------------------------------------------------------------- */

static int start_supervisor(struct halves *h, const char *config_path, struct err *err)
{
	const char *const argv[] = {"/proc/self/exe", "--supervisor",
				    config_path ? "--config" : NULL, config_path, NULL};
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return err_sys(err, ERR_SYS, "cannot make a socket pair");
	struct child_program program = {.argv = argv,
					.stdin_fd = fds[1],
					.stdout_fd = -1,
					.stderr_fd = -1,
					.new_session = true,
					.death_signal = SIGTERM};
	int rc = child_spawn(&program, &h->supervisor, err);
	(void)close(fds[1]);
	if (rc < 0)
		(void)close(fds[0]);
	else
		h->fd = fds[0];
	return rc;
}

/* Where an operator says so: root without the network, the machine and other processes. */
#define KEPT_BY_ROOT                                                                               \
	(CONFINE_CAP(CAP_CHOWN) | CONFINE_CAP(CAP_DAC_OVERRIDE) | CONFINE_CAP(CAP_FOWNER) |        \
	 CONFINE_CAP(CAP_SETUID) | CONFINE_CAP(CAP_SETGID))

static int give_up(const struct halves *h, const struct service_user *user, struct err *err)
{
	const struct confine_user as = {user->uid, user->gid, h->web.gid};

	TRY(confine_to_user(&as, user->uid == 0 ? KEPT_BY_ROOT : 0, err));
	return h->place.own_units ? 0 : daemon_calls_fence(user->uid == 0, err);
}

/* Root reads what strangers send only where the configuration says "root" in so many letters. */
static int check_root(const struct halves *h, const struct service_user *user, struct err *err)
{
	char closed[LIMIT_URL_BYTES];

	if (geteuid() != 0 || user->uid != 0 || str_eq(h->place.user, "root"))
		return 0;
	if (service_user_closed(&h->place, SERVICE_DAEMON, closed, sizeof(closed)))
		return err_set(
			err, ERR_CONFIG,
			"'%s' is closed to user '%s': open the way to it (chmod o+x), or let "
			"the daemon be root: [server] user = root",
			closed, h->place.user);
	return err_set(err, ERR_CONFIG,
		       "there is no user '%s': make it with systemd-sysusers, or let the daemon be "
		       "root: [server] user = root",
		       h->place.user);
}

int halves_part(struct halves *h, const struct config *c, const char *config_path, bool own_units,
		struct err *err)
{
	struct service_user user;

	*h = HALVES_NONE;
	h->place = halves_place(c, own_units);
	user = service_user_of(&h->place, SERVICE_DAEMON);
	h->web = service_user_of(&h->place, SERVICE_WEB);
	h->dhcp = service_user_of(&h->place, SERVICE_DHCP);
	TRY(check_root(h, &user, err));
	if (geteuid() == 0)
		TRY(give_folders(c, &user, err));
	if (!own_units)
		TRY(start_supervisor(h, config_path, err));
	return give_up(h, &user, err);
}

void halves_join(struct halves *h)
{
	if (h->fd >= 0)
		(void)close(h->fd);
	h->fd = -1;
	if (!child_is_running(&h->supervisor))
		return;
	if (child_wait(&h->supervisor, JOIN_MS))
		(void)child_reap(&h->supervisor);
}
