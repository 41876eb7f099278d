/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's own files in a new system; see personalise.h. Each is a small function in one table,
 * in the order they are made; the reporter comes last, so that a system that cannot be finished
 * never reports. Texts come from the signed plan and are checked by its decoder; keys and host
 * names are checked again here, because they end up in files with a syntax.
 */
#include "personalise.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/digest.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <proto/network.h>

#include "boot_apart.h"
#include "boot_entries.h"
#include "first_boot_files.h"
#include "network_put.h"
#include "new_root.h"

#define PROGRAM_MAX_BYTES (32 * MIB)
#define PASSWD_MAX_BYTES  (1 * MIB)
#define FIRST_USER_UID    1000
#define FQDN_MAX          253 /* bytes, RFC 1035 */
/* systemd gives up on a disk after 90 s and leaves a host in its emergency shell. HW: RAID adapters
 * with many disks spin up for longer, and so does an emulated host on a busy machine. */
#define DEVICE_TIMEOUT "x-systemd.device-timeout=300s"

static int write_text(int root_fd, const char *path, const char *text, mode_t mode, struct err *err)
{
	return new_root_write(
		root_fd,
		&(struct new_root_file){
			.path = path, .p = text, .n_bytes = strlen(text), .mode = mode},
		err);
}

/* The kernel keeps 64 bytes of a name, and DNS has 63 for a label. */
static bool is_host_name(const char *s)
{
	return network_domain_is_valid(s) && strlen(s) <= HOST_NAME_MAX;
}

static bool is_fqdn(const char *s)
{
	return network_domain_is_valid(s) && strchr(s, '.') && strlen(s) <= FQDN_MAX;
}

static int put_host_name(int root_fd, const struct personal *p, struct err *err)
{
	autofree char *line = xasprintf("%s\n", p->image->hostname);

	if (!is_host_name(p->image->hostname))
		return err_set(err, ERR_AGENT_PERSONALISE, "'%.64s' is not a host name",
			       p->image->hostname);
	if (*p->image->fqdn && !is_fqdn(p->image->fqdn))
		return err_set(err, ERR_AGENT_PERSONALISE,
			       "'%.64s' is not a host name with its domain, such as "
			       "web-1.example.net",
			       p->image->fqdn);
	return write_text(root_fd, "/etc/hostname", line, 0644, err);
}

static bool is_own_line(struct sv line)
{
	static const char own[] = "127.0.1.1";
	size_t n = sizeof(own) - 1;

	return sv_starts(line, own) && (line.n == n || strchr(" \t", line.p[n]));
}

/* Debian's convention: the own name on 127.0.1.1. Other lines stay as the image has them. */
static int put_hosts(int root_fd, const struct personal *p, struct err *err)
{
	autofree char *old = NULL;
	size_t n_bytes = 0;
	autostr struct str hosts = {0};

	str_init(&hosts, 128 * KIB);
	if (new_root_read(root_fd, "/etc/hosts", 64 * KIB, &old, &n_bytes, NULL) < 0)
		old = xstrdup("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
	struct sv rest = sv_of(old);
	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');

		if (!is_own_line(line)) {
			str_addn(&hosts, line.p, line.n);
			str_addc(&hosts, '\n');
		}
	}
	str_addf(&hosts, "127.0.1.1\t%s%s%s\n", p->image->fqdn, *p->image->fqdn ? " " : "",
		 p->image->hostname);
	return write_text(root_fd, "/etc/hosts", hosts.p, 0644, err);
}

/* Images carry none or an empty one; two hosts with the same one would share DHCP leases. */
static int put_machine_id(int root_fd, const struct personal *p, struct err *err)
{
	uint8_t id[16];
	char line[34];

	(void)p;
	random_bytes(id, sizeof(id));
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
	hex_encode(id, sizeof(id), line);
	line[32] = '\n';
	line[33] = '\0';
	TRY(write_text(root_fd, "/etc/machine-id", line, 0444, err));
	if (!new_root_exists(root_fd, "/var/lib/dbus"))
		return 0;
	return new_root_symlink(root_fd, "/etc/machine-id", "/var/lib/dbus/machine-id", err);
}

static const char *mount_options(const struct personal_mount *m, int *ret_pass)
{
	bool root = str_eq(m->path, "/");

	/* what has no check before it is mounted has no turn in it */
	bool unchecked = str_eq(m->fs, "swap") || str_eq(m->fs, "xfs") || str_eq(m->fs, "btrfs");

	*ret_pass = root ? 1 : unchecked ? 0 : 2;
	if (m->options[0])
		return m->options;
	if (str_eq(m->fs, "swap"))
		return "sw";
	if (str_eq(m->fs, "vfat"))
		return "umask=0077,nofail";
	return str_eq(m->fs, "ext4") && root ? "errors=remount-ro" : "defaults";
}

static int put_fstab(int root_fd, const struct personal *p, struct err *err)
{
	autostr struct str text = {0};

	if (p->n_mounts == 0)
		return 0;
	str_init(&text, 16 * KIB);
	str_add(&text, "# Written when this host was imaged.\n");
	for (size_t i = 0; i < p->n_mounts; i++) {
		const struct personal_mount *m = &p->mounts[i];
		int pass;
		const char *options = mount_options(m, &pass);

		str_addf(&text, "%s\t%s\t%s\t%s," DEVICE_TIMEOUT "\t0\t%d\n", m->source, m->path,
			 m->fs, options, pass);
	}
	return write_text(root_fd, "/etc/fstab", text.p, 0644, err);
}

/* Which card is which is known to the caller, who has the machine. */
static int put_network(int root_fd, const struct personal *p, struct err *err)
{
	return p->network ? network_put(root_fd, p->network, err) : 0;
}

/* ---- SSH ------------------------------------------------------------------------------------- */

/* One line, nothing that could start a second one. */
static bool is_ssh_key(const char *key)
{
	for (const char *p = key; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return *key && *key != '#';
}

static int put_keys_of(int root_fd, const struct personal *p, const char *home, uid_t uid,
		       gid_t gid, struct err *err)
{
	autofree char *dir = xasprintf("%s/.ssh", home);
	autofree char *path = xasprintf("%s/authorized_keys", dir);
	autostr struct str text = {0};

	str_init(&text, 1 * MIB);
	for (size_t i = 0; i < p->image->n_ssh_authorized_keys; i++) {
		const char *key = p->image->ssh_authorized_keys[i];

		if (!is_ssh_key(key))
			return err_set(err, ERR_AGENT_PERSONALISE, "SSH key %zu is not one line",
				       i + 1);
		str_addf(&text, "%s\n", key);
	}
	TRY(new_root_mkdirs(root_fd, dir, 0700, uid, gid, err));
	return new_root_write(root_fd,
			      &(struct new_root_file){.path = path,
						      .p = text.p,
						      .n_bytes = text.n_bytes,
						      .mode = 0600,
						      .uid = uid,
						      .gid = gid},
			      err);
}

/* "name:x:1000:1000:...:/home/name:shell" of the image's own first user, if it has one. */
static bool find_first_user(const char *passwd, char *ret_home, size_t ret_bytes, unsigned *ret_gid)
{
	struct sv rest = sv_of(passwd);

	while (rest.n) {
		struct sv line = sv_split(&rest, '\n'), fields[7] = {0};
		uint64_t uid, gid;

		for (size_t i = 0; i < ARRAY_LEN(fields); i++)
			fields[i] = sv_split(&line, ':');
		autofree char *uid_text = xstrndup(fields[2].p ? fields[2].p : "", fields[2].n);
		autofree char *gid_text = xstrndup(fields[3].p ? fields[3].p : "", fields[3].n);
		autofree char *home = xstrndup(fields[5].p ? fields[5].p : "", fields[5].n);
		if (!parse_u64(uid_text, &uid) || uid != FIRST_USER_UID ||
		    !parse_u64(gid_text, &gid) || gid > 65534)
			continue;
		*ret_gid = (unsigned)gid;
		return home[0] == '/' && home[1] && str_copy(ret_home, ret_bytes, home);
	}
	return false;
}

static int put_ssh_keys(int root_fd, const struct personal *p, struct err *err)
{
	autofree char *passwd = NULL;
	char home[256];
	size_t n_bytes;
	unsigned gid;

	if (p->image->n_ssh_authorized_keys == 0)
		return 0;
	TRY(put_keys_of(root_fd, p, "/root", 0, 0, err));
	if (new_root_read(root_fd, "/etc/passwd", PASSWD_MAX_BYTES, &passwd, &n_bytes, NULL) < 0 ||
	    !find_first_user(passwd, home, sizeof(home), &gid) || !new_root_exists(root_fd, home))
		return 0;
	return put_keys_of(root_fd, p, home, FIRST_USER_UID, gid, err);
}

/* ---- cloud-init ------------------------------------------------------------------------------ */

#define SEED "/var/lib/cloud/seed/nocloud"

/* A new instance-id at each imaging, or cloud-init would take the host for one it has done. */
static int put_cloud_seed(int root_fd, const struct personal *p, struct err *err)
{
	autofree char *meta = xasprintf("instance-id: %s-%s\nlocal-hostname: \"%s\"\n", p->host_id,
					p->image->arm_id, p->image->hostname);
	const char *user = p->image->user_data && *p->image->user_data ? p->image->user_data
								       : "#cloud-config\n{}\n";

	TRY(write_text(root_fd, SEED "/meta-data", meta, 0644, err));
	return write_text(root_fd, SEED "/user-data", user, 0600, err);
}

/* ---- the first-boot reporter ----------------------------------------------------------------- */

static const char unit[] = "[Unit]\n"
			   "Description=Tell the provisioning server that this host boots\n"
			   "Wants=network-online.target\n"
			   "After=network-online.target ssh.service sshd.service "
			   "ssh-host-keys.service sshd-keygen.target\n"
			   "ConditionPathExists=" FIRST_BOOT_CONFIG "\n"
			   "\n"
			   "[Service]\n"
			   "Type=exec\n"
			   "ExecStart=" FIRST_BOOT_PROGRAM "\n"
			   "\n"
			   "[Install]\n"
			   "WantedBy=multi-user.target\n";

/* start-stop-daemon is OpenRC's own or BusyBox's; both know these. */
static const char rc_script[] =
	"#!/sbin/openrc-run\n"
	"description=\"Tell the provisioning server that this host boots\"\n"
	"command=" FIRST_BOOT_PROGRAM "\n"
	"command_background=true\n"
	"pidfile=/run/slipway-first-boot.pid\n"
	"depend() {\n"
	"	after net networking sshd\n"
	"}\n";

static bool has_systemd(int root_fd)
{
	return new_root_exists(root_fd, "/usr/lib/systemd/systemd") ||
	       new_root_exists(root_fd, "/lib/systemd/systemd");
}

static bool has_openrc(int root_fd)
{
	return new_root_exists(root_fd, "/sbin/openrc-run") ||
	       new_root_exists(root_fd, "/usr/sbin/openrc-run");
}

static int put_service(int root_fd, struct err *err)
{
	if (has_systemd(root_fd) || !has_openrc(root_fd)) {
		TRY(write_text(root_fd, FIRST_BOOT_UNIT, unit, 0644, err));
		return new_root_symlink(root_fd, "../" FIRST_BOOT_UNIT_NAME, FIRST_BOOT_WANTS, err);
	}
	TRY(write_text(root_fd, FIRST_BOOT_RC, rc_script, 0755, err));
	return new_root_symlink(root_fd, FIRST_BOOT_RC, FIRST_BOOT_RC_RUNLEVEL, err);
}

static int put_reporter(int root_fd, const struct personal *p, struct err *err)
{
	const struct plan_image *i = p->image;
	autofree char *config = xasprintf("url=%s\npin=%s\ntoken=%s\nimage_digest=%s\n",
					  i->first_boot_url, i->first_boot_pin, i->first_boot_token,
					  i->image_digest);
	autofree char *program = NULL;
	size_t n_bytes;

	TRY(file_read(p->first_boot_program, PROGRAM_MAX_BYTES, &program, &n_bytes, err));
	TRY(new_root_write(
		root_fd,
		&(struct new_root_file){
			.path = FIRST_BOOT_PROGRAM, .p = program, .n_bytes = n_bytes, .mode = 0755},
		err));
	TRY(write_text(root_fd, FIRST_BOOT_CONFIG, config, 0600, err));
	return put_service(root_fd, err);
}

/* ---- SELinux --------------------------------------------------------------------------------- */

/* "SELINUX=enforcing" and "SELINUX=permissive"; a comment is neither. */
static bool labels_matter(const char *config)
{
	struct sv rest = sv_of(config);
	bool matter = false;

	while (rest.n) {
		struct sv value = sv_trim(sv_split(&rest, '\n'));
		struct sv key = sv_trim(sv_split(&value, '='));

		if (sv_eq_str(key, "SELINUX"))
			matter = sv_eq_str(sv_trim(value), "enforcing") ||
				 sv_eq_str(sv_trim(value), "permissive");
	}
	return matter;
}

/* What was written here has no labels, and an enforcing system could not read its own fstab: such
 * a system gives every file its label at its first start. */
static int put_relabel(int root_fd, const struct personal *p, struct err *err)
{
	autofree char *config = NULL;
	size_t n_bytes;

	(void)p;
	if (new_root_read(root_fd, "/etc/selinux/config", 64 * KIB, &config, &n_bytes, NULL) < 0 ||
	    !labels_matter(config))
		return 0;
	return write_text(root_fd, "/.autorelabel", "", 0644, err);
}

static const struct {
	const char *what;
	int (*put)(int root_fd, const struct personal *p, struct err *err);
} parts[] = {
	{"host name", put_host_name},
	{"hosts file", put_hosts},
	{"machine-id", put_machine_id},
	{"fstab", put_fstab},
	{"boot menu", boot_entries_put},
	{"boot partition", boot_apart_put},
	{"network", put_network},
	{"SSH keys", put_ssh_keys},
	{"cloud-init seed", put_cloud_seed},
	{"SELinux labels", put_relabel},
	{"first-boot reporter",
	 put_reporter}, /* the last: a system that is not done never reports */
};

int personalise(int root_fd, const struct personal *p, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i].put(root_fd, p, err) < 0)
			return err_wrap(err, "%s", parts[i].what);
	return 0;
}
