/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From configuration to running boot services. Decides as whom they run: not as root, unless a
 * folder above the files that they serve is closed to others. Input: our configuration and the file
 * system.
 */
#include "services.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <base/file.h>
#include <base/json.h>
#include <base/log.h>
#include <base/process.h>
#include <base/str.h>
#include <pxe/boot_files.h>
#include <pxe/dnsmasq.h>
#include <pxe/nginx.h>
#include <pxe/script.h>
#include "child.h"
#include "dhcp_alarm.h"
#include "dhcp_watch.h"

#define CHECK_TIMEOUT_MS 20000

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

/* The first user of the list that exists; NULL when we are not root (and stay who we are). */
static const char *service_user(const char *const *paths, const char *const *names)
{
	if (geteuid() != 0)
		return NULL;
	for (size_t i = 0; paths[i]; i++) {
		if (paths[i][0] && !open_to_others(paths[i])) {
			log_ev(LOG_WARNING, "service.as_root", KV("closed", paths[i]));
			return "root";
		}
	}
	for (size_t i = 0; names[i]; i++)
		if (getpwnam(names[i]))
			return names[i];
	return "root";
}

static const char *nginx_user(const struct app *a)
{
	static const char *const names[] = {"www-data", "nginx", "nobody", NULL};
	const char *const paths[] = {a->config.files_dir, a->config.state_dir,
				     a->config.run_dir,   a->config.firmware_cpio,
				     a->config.web_dir,   NULL};
	return service_user(paths, names);
}

static const char *dnsmasq_user(const struct app *a)
{
	static const char *const names[] = {"dnsmasq", "nobody", NULL};
	const char *const paths[] = {a->config.files_dir, NULL};
	return service_user(paths, names);
}

void services_front_ids(const struct app *a, int64_t *ret_uid, int64_t *ret_gid)
{
	const char *name = nginx_user(a);
	const struct passwd *pw = name ? getpwnam(name) : NULL;
	*ret_uid = pw && pw->pw_uid != 0 ? (int64_t)pw->pw_uid : -1;
	*ret_gid = pw && pw->pw_uid != 0 ? (int64_t)pw->pw_gid : -1;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int save(const char *path, struct str *text, struct err *err)
{
	if (!str_ok(text))
		return err_set(err, ERR_TOO_BIG, "'%s' would be too long", path);
	return file_write_atomic(path, text->p, text->n_bytes, 0644, err);
}

/* Let the program judge what was written for it; its first line that is not empty says what is
 * wrong. */
static int check(const char *const *argv, struct err *err)
{
	struct process_options o = {.argv = argv, .timeout_ms = CHECK_TIMEOUT_MS};
	struct process_result result;
	TRY(process_run(&o, &result, err));
	int rc = 0;
	if (result.exit_code != 0) {
		struct sv rest = sv_trim(sv_of(result.errors)), line = sv_split(&rest, '\n');
		rc = err_set(err, ERR_PXE_CONFIG, "%s: %.*s", argv[0], (int)line.n, line.p);
	}
	process_result_done(&result);
	return rc;
}

static int write_nginx(struct app *a, struct err *err)
{
	autofree char *path = xasprintf("%s/nginx.conf", a->config.run_dir);
	autofree char *option = xasprintf("-c%s", path);
	autofree char *socket = xasprintf("%s/http.sock", a->config.run_dir);
	autofree char *bootstrap = xasprintf("%s/bootstrap.ipxe", a->config.run_dir);
	autofree char *temp = xasprintf("%s/nginx", a->config.state_dir);
	autostr struct str text;
	autostr struct str script;
	const char *user = nginx_user(a);
	struct nginx_options o = {
		.address = a->config.address,
		.http_port = (int)a->config.http_port,
		.https_port = (int)a->config.https_port,
		.run_dir = a->config.run_dir,
		.temp_dir = temp,
		.files_dir = a->config.files_dir,
		.site_cpio = a->site.site_cpio,
		.firmware_cpio = a->config.firmware_cpio[0] ? a->config.firmware_cpio : NULL,
		.bootstrap = bootstrap,
		.objects_dir = a->site.objects_dir,
		.tls_cert = a->site.tls_cert,
		.tls_key = a->site.tls_key,
		.backend_socket = socket,
		.web_dir = a->config.web_dir[0] ? a->config.web_dir : NULL,
		.user = user,
	};
	str_init(&text, NGINX_CONFIG_MAX_BYTES);
	str_init(&script, SCRIPT_MAX_BYTES);
	boot_bootstrap_write(&script, a->plain_url);
	TRY(save(bootstrap, &script, err));
	TRY(nginx_config_write(&text, &o, err));
	TRY(save(path, &text, err));
	const char *const argv[] = {a->config.nginx, "-t", "-q", "-e", "stderr", option, NULL};
	return check(argv, err);
}

static int write_dnsmasq(struct app *a, struct err *err)
{
	autofree char *path = xasprintf("%s/dnsmasq.conf", a->config.run_dir);
	autofree char *leases = xasprintf("%s/dnsmasq.leases", a->config.run_dir);
	autofree char *pid = xasprintf("%s/dnsmasq.pid", a->config.run_dir);
	autofree char *tftp = xasprintf("%s/ipxe", a->config.files_dir);
	autostr struct str text;
	struct dnsmasq_options o = {
		.mode = str_eq(a->config.dhcp_mode, "proxy") ? DHCP_PROXY : DHCP_FULL,
		.interface = a->config.interface,
		.address = a->config.address,
		.range_start = a->config.range_start,
		.range_end = a->config.range_end,
		.netmask = a->config.netmask,
		.network = a->config.network,
		.router = a->config.router,
		.dns = a->config.dns,
		.lease_s = (int)a->config.lease_s,
		.lease_file = leases,
		.pid_file = pid,
		.tftp_root = tftp,
		.plain_url = a->plain_url,
		.user = dnsmasq_user(a),
	};
	str_init(&text, DNSMASQ_CONFIG_MAX_BYTES);
	TRY(dnsmasq_config_write(&text, &o, err));
	TRY(save(path, &text, err));
	autofree char *option = xasprintf("--conf-file=%s", path);
	const char *const argv[] = {a->config.dnsmasq, "--test", option, NULL};
	return check(argv, err);
}

int services_write(struct app *a, struct err *err)
{
	TRY(write_nginx(a, err));
	return str_eq(a->config.dhcp_mode, "off") ? 0 : write_dnsmasq(a, err);
}

/* ---- running --------------------------------------------------------------------------------- */

static int start_nginx(struct app *a, struct err *err)
{
	autofree char *path = xasprintf("%s/nginx.conf", a->config.run_dir);
	autofree char *option = xasprintf("-c%s", path);
	autofree char *pid = xasprintf("%s/nginx.pid", a->config.run_dir);
	const char *const argv[] = {a->config.nginx, "-e", "stderr", option, NULL};
	struct child_options o = {.name = "nginx",
				  .argv = argv,
				  .pid_file = pid,
				  .config_path = path,
				  .stderr_fd = -1};
	return child_start(a->event, &o, &a->nginx, err);
}

static int start_dnsmasq(struct app *a, struct err *err)
{
	autofree char *path = xasprintf("%s/dnsmasq.conf", a->config.run_dir);
	autofree char *pid = xasprintf("%s/dnsmasq.pid", a->config.run_dir);
	autofree char *option = xasprintf("--conf-file=%s", path);
	const char *const argv[] = {a->config.dnsmasq, option, NULL};
	struct child_options o = {.name = "dnsmasq",
				  .argv = argv,
				  .pid_file = pid,
				  .config_path = path,
				  .stderr_fd = dhcp_watch_fd(a->dhcp_watch)};
	return child_start(a->event, &o, &a->dnsmasq, err);
}

/* Only where ours should be the only one, and where we may open a packet socket. */
static bool watches_for_others(const struct app *a)
{
	return str_eq(a->config.dhcp_mode, "full") && geteuid() == 0;
}

int services_start(struct app *a, struct err *err)
{
	TRY(start_nginx(a, err));
	if (str_eq(a->config.dhcp_mode, "off"))
		return 0;
	TRY(start_dnsmasq(a, err));
	return watches_for_others(a) ? dhcp_alarm_start(a, &a->dhcp_alarm, err) : 0;
}

void services_stop(struct app *a)
{
	dhcp_alarm_stop(take_ptr(a->dhcp_alarm));
	child_stop(take_ptr(a->dnsmasq));
	child_stop(take_ptr(a->nginx));
}
