/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users and their folders; see service_user.h. The folders' parents belong to the daemon: nothing is
 * followed through a link there. Input: the list of users, the file system, our configuration.
 */
#include "service_user.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/log.h>
#include <base/str.h>

#define NOBODY 65534

/* Can anybody walk down to path? What is not there is closed to nobody. */
static bool open_to_others(const char *path)
{
	autofree char *copy = xstrdup(path);
	struct stat st;

	for (char *slash = copy + strlen(copy); slash > copy; slash = strrchr(copy, '/')) {
		*slash = '\0';
		if (stat(copy, &st) < 0 ? errno != ENOENT
					: S_ISDIR(st.st_mode) && !(st.st_mode & S_IXOTH))
			return false;
	}
	return true;
}

/* The first of the folders that is closed to others, or NULL. */
static const char *first_closed(const struct boot_place *place, enum service_role role)
{
	const struct boot_config *c = place->config;
	const char *const paths[] = {c->files_dir, place->run_dir, place->state_dir, c->web_dir,
				     c->firmware_cpio};

	/* dnsmasq reads loaders and writes into the run folder; the daemon serves no files */
	size_t n = role == SERVICE_DHCP ? 2 : role == SERVICE_DAEMON ? 3 : ARRAY_LEN(paths);

	for (size_t i = 0; i < n; i++) {
		if (paths[i][0] && !open_to_others(paths[i]))
			return paths[i];
	}
	return NULL;
}

bool service_user_closed(const struct boot_place *place, enum service_role role, char *ret,
			 size_t ret_bytes)
{
	const char *closed = first_closed(place, role);

	(void)str_copy(ret, ret_bytes, closed ? closed : "");
	return closed != NULL;
}

#define NAMES_MAX 4

static const struct passwd *first_of(const char *const names[NAMES_MAX])
{
	const struct passwd *found = NULL;

	for (size_t i = 0; !found && i < NAMES_MAX && names[i]; i++)
		found = names[i][0] ? getpwnam(names[i]) : NULL;
	return found;
}

struct service_user service_user_of(const struct boot_place *place, enum service_role role)
{
	const char *const names[][NAMES_MAX] = {
		[SERVICE_DAEMON] = {place->user},
		[SERVICE_WEB] = {"slipway-www", "www-data", "nginx"},
		[SERVICE_DHCP] = {"slipway-dhcp", "dnsmasq"},
	};
	const struct service_user self = {geteuid(), getegid()}, nobody = {NOBODY, NOBODY};
	bool is_root = self.uid == 0;

	if (!is_root && (!place->own_units || role == SERVICE_DAEMON))
		return self;
	const char *closed = is_root ? first_closed(place, role) : NULL;
	if (closed) {
		log_ev(LOG_WARNING, "service.as_root", KV("closed", closed));
		return self;
	}
	const struct passwd *found = first_of(names[role]);
	if (found)
		return (struct service_user){found->pw_uid, found->pw_gid};
	return role == SERVICE_DAEMON ? self : nobody;
}

/* ---- folders --------------------------------------------------------------------------------- */

static int own_folder(const char *parent, const char *name, const struct service_user *user,
		      char **ret, struct err *err)
{
	autofree char *path = xasprintf("%s/%s", parent, name);

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_sys(err, ERR_IO, "cannot make '%s'", path);
	autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, ERR_IO, "cannot open '%s'", path);
	if (geteuid() == 0 && fchown(fd, user->uid, user->gid) < 0)
		return err_sys(err, ERR_IO, "cannot give '%s' to user %u", path,
			       (unsigned)user->uid);
	*ret = take_ptr(path);
	return 0;
}

/* The first folder of systemd's list. */
static char *folder_of_unit(const char *variable)
{
	const char *list = getenv(variable);

	return list && list[0] ? xstrndup(list, strcspn(list, ":")) : NULL;
}

int service_run_dir(const struct boot_place *place, const char *name,
		    const struct service_user *user, char **ret, struct err *err)
{
	*ret = place->own_units ? folder_of_unit("RUNTIME_DIRECTORY") : NULL;
	return *ret ? 0 : own_folder(place->run_dir, name, user, ret, err);
}

int service_state_dir(const struct boot_place *place, const char *name,
		      const struct service_user *user, char **ret, struct err *err)
{
	*ret = place->own_units ? folder_of_unit("STATE_DIRECTORY") : NULL;
	return *ret ? 0 : own_folder(place->state_dir, name, user, ret, err);
}
