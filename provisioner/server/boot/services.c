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
#include "supervised.h"
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

static const char *nginx_user(const struct boot_server *b)
{
	static const char *const names[] = {"slipway-www", "www-data", "nginx", NULL};
	const char *const paths[] = {b->config->files_dir,     b->state_dir,       b->run_dir,
				     b->config->firmware_cpio, b->config->web_dir, NULL};

	return service_user(paths, names);
}

static const char *dnsmasq_user(const struct boot_server *b)
{
	static const char *const names[] = {"dnsmasq", "nobody", NULL};
	const char *const paths[] = {b->config->files_dir, NULL};

	return service_user(paths, names);
}

void services_front_ids(const struct boot_server *b, int64_t *ret_uid, int64_t *ret_gid)
{
	const char *name = nginx_user(b);
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

static int write_nginx(struct boot_server *b, struct err *err)
{
	autofree char *path = xasprintf("%s/nginx.conf", b->run_dir);
	autofree char *option = xasprintf("-c%s", path);
	autofree char *socket = xasprintf("%s/http.sock", b->run_dir);
	autofree char *bootstrap = xasprintf("%s/bootstrap.ipxe", b->run_dir);
	autofree char *temp = xasprintf("%s/nginx", b->state_dir);
	autostr struct str text;
	autostr struct str script;
	const char *user = nginx_user(b);
	struct nginx_options o = {
		.address = b->config->address,
		.http_port = (int)b->config->http_port,
		.https_port = (int)b->config->https_port,
		.run_dir = b->run_dir,
		.temp_dir = temp,
		.files_dir = b->config->files_dir,
		.site_cpio = b->site_cpio,
		.firmware_cpio = b->config->firmware_cpio[0] ? b->config->firmware_cpio : NULL,
		.bootstrap = bootstrap,
		.objects_dir = b->objects_dir,
		.tls_cert = b->tls_cert,
		.tls_key = b->tls_key,
		.backend_socket = socket,
		.web_dir = b->config->web_dir[0] ? b->config->web_dir : NULL,
		.user = user,
	};

	str_init(&text, NGINX_CONFIG_MAX_BYTES);
	str_init(&script, SCRIPT_MAX_BYTES);
	boot_bootstrap_write(&script, b->flow->plain_url);
	TRY(save(bootstrap, &script, err));
	TRY(nginx_config_write(&text, &o, err));
	TRY(save(path, &text, err));
	const char *const argv[] = {b->config->nginx, "-t", "-q", "-e", "stderr", option, NULL};
	return check(argv, err);
}

static int write_dnsmasq(struct boot_server *b, struct err *err)
{
	autofree char *path = xasprintf("%s/dnsmasq.conf", b->run_dir);
	autofree char *leases = xasprintf("%s/dnsmasq.leases", b->run_dir);
	autofree char *pid = xasprintf("%s/dnsmasq.pid", b->run_dir);
	autofree char *tftp = xasprintf("%s/ipxe", b->config->files_dir);
	autostr struct str text;
	struct dnsmasq_options o = {
		.mode = str_eq(b->config->dhcp_mode, "proxy") ? DHCP_PROXY : DHCP_FULL,
		.interface = b->config->interface,
		.address = b->config->address,
		.range_start = b->config->range_start,
		.range_end = b->config->range_end,
		.netmask = b->config->netmask,
		.network = b->config->network,
		.router = b->config->router,
		.dns = b->config->dns,
		.lease_s = (int)b->config->lease_s,
		.lease_file = leases,
		.pid_file = pid,
		.tftp_root = tftp,
		.plain_url = b->flow->plain_url,
		.user = dnsmasq_user(b),
	};

	str_init(&text, DNSMASQ_CONFIG_MAX_BYTES);
	TRY(dnsmasq_config_write(&text, &o, err));
	TRY(save(path, &text, err));
	autofree char *option = xasprintf("--conf-file=%s", path);
	const char *const argv[] = {b->config->dnsmasq, "--test", option, NULL};
	return check(argv, err);
}

int services_write(struct boot_server *b, struct err *err)
{
	TRY(write_nginx(b, err));
	return str_eq(b->config->dhcp_mode, "off") ? 0 : write_dnsmasq(b, err);
}

/* ---- running --------------------------------------------------------------------------------- */

static int start_nginx(struct boot_server *b, struct err *err)
{
	autofree char *path = xasprintf("%s/nginx.conf", b->run_dir);
	autofree char *option = xasprintf("-c%s", path);
	autofree char *pid = xasprintf("%s/nginx.pid", b->run_dir);
	const char *const argv[] = {b->config->nginx, "-e", "stderr", option, NULL};
	struct supervised_options o = {.name = "nginx",
				       .argv = argv,
				       .pid_file = pid,
				       .config_path = path,
				       .stderr_fd = -1};

	return supervised_start(b->flow->event, &o, &b->nginx, err);
}

static int start_dnsmasq(struct boot_server *b, struct err *err)
{
	autofree char *path = xasprintf("%s/dnsmasq.conf", b->run_dir);
	autofree char *pid = xasprintf("%s/dnsmasq.pid", b->run_dir);
	autofree char *option = xasprintf("--conf-file=%s", path);
	const char *const argv[] = {b->config->dnsmasq, option, NULL};
	struct supervised_options o = {.name = "dnsmasq",
				       .argv = argv,
				       .pid_file = pid,
				       .config_path = path,
				       .stderr_fd = dhcp_watch_fd(b->dhcp_watch)};

	return supervised_start(b->flow->event, &o, &b->dnsmasq, err);
}

/* Only where ours should be the only one, and where we may open a packet socket. */
static bool watches_for_others(const struct boot_server *b)
{
	return str_eq(b->config->dhcp_mode, "full") && geteuid() == 0;
}

int services_start(struct boot_server *b, struct err *err)
{
	TRY(start_nginx(b, err));
	if (str_eq(b->config->dhcp_mode, "off"))
		return 0;
	TRY(start_dnsmasq(b, err));
	return watches_for_others(b) ? dhcp_alarm_start(b->flow, b->config, &b->dhcp_alarm, err)
				     : 0;
}

void services_stop(struct boot_server *b)
{
	dhcp_alarm_stop(take_ptr(b->dhcp_alarm));
	supervised_stop(take_ptr(b->dnsmasq));
	supervised_stop(take_ptr(b->nginx));
}
