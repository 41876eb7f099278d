/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Becoming nginx, dnsmasq or the prober; see program.h. Input: our configuration.
 */
#include "program.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <base/child.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/confine.h>
#include <base/file.h>
#include <base/json.h>
#include <base/process.h>
#include <base/str.h>
#include <pxe/dnsmasq.h>
#include <pxe/nginx.h>
#include <pxe/script.h>
#include "dhcp_prober.h"
#include "service_urls.h"

#define CHECK_TIMEOUT_MS 20000
#define DAEMON_WAIT_MS   10000
#define LOW_PORTS        1024

/* ---- writing configuration ------------------------------------------------------------------- */

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

/* ---- nginx ----------------------------------------------------------------------------------- */

/* Each address has a bootstrap script that names it: the host asks again where it was sent from. */
static int bootstrap_write(const struct boot_config *c, const char *address, const char *path,
			   struct err *err)
{
	struct service_urls urls;
	autostr struct str script;

	str_init(&script, SCRIPT_MAX_BYTES);
	service_urls_at(c, address, &urls);
	boot_bootstrap_write(&script, urls.plain);
	return save(path, &script, err);
}

struct more_places {
	struct nginx_place places[BOOT_NETS_MAX];
	char *paths[BOOT_NETS_MAX];
};

static void more_places_done(struct more_places *m)
{
	for (size_t i = 0; i < BOOT_NETS_MAX; i++)
		free(m->paths[i]);
}

static int write_more(const struct boot_config *c, const char *dir, struct more_places *m,
		      struct err *err)
{
	for (size_t i = 0; i < c->n_nets; i++) {
		m->paths[i] = xasprintf("%s/bootstrap-%zu.ipxe", dir, i + 1);
		m->places[i] = (struct nginx_place){c->nets[i].address, m->paths[i]};
		TRY(bootstrap_write(c, c->nets[i].address, m->paths[i], err));
	}
	return 0;
}

static int nginx_write(const struct boot_place *place, const char *dir, const char *temp,
		       const char *path, struct err *err)
{
	const struct boot_config *c = place->config;
	autofree char *socket = xasprintf("%s/http.sock", place->run_dir);
	autofree char *bootstrap = xasprintf("%s/bootstrap.ipxe", dir);
	autofree char *site_cpio = xasprintf("%s/boot/site.cpio", place->state_dir);
	autofree char *objects = xasprintf("%s/objects", place->state_dir);
	autofree char *cert = xasprintf("%s/keys/tls.crt", place->state_dir);
	autofree char *key = xasprintf("%s/keys/tls.key", place->state_dir);
	struct more_places more = {0};
	autostr struct str text;
	struct nginx_options o = {
		.address = c->address,
		.http_port = (int)c->http_port,
		.https_port = (int)c->https_port,
		.run_dir = dir,
		.temp_dir = temp,
		.files_dir = c->files_dir,
		.site_cpio = site_cpio,
		.firmware_cpio = c->firmware_cpio[0] ? c->firmware_cpio : NULL,
		.bootstrap = bootstrap,
		.objects_dir = objects,
		.tls_cert = cert,
		.tls_key = key,
		.backend_socket = socket,
		.web_dir = c->web_dir[0] ? c->web_dir : NULL,
		.user = geteuid() == 0 ? "root" : NULL,
		.more = more.places,
		.n_more = c->n_nets,
	};

	str_init(&text, NGINX_CONFIG_MAX_BYTES);
	int rc = bootstrap_write(c, c->address, bootstrap, err);
	if (rc >= 0)
		rc = write_more(c, dir, &more, err);
	if (rc >= 0)
		rc = nginx_config_write(&text, &o, err);
	more_places_done(&more);
	return rc < 0 ? rc : save(path, &text, err);
}

/* The daemon makes the certificate at its first start; with units of their own nobody waits. */
static int wait_for_daemon(const struct boot_place *place, struct err *err)
{
	autofree char *cert = xasprintf("%s/keys/tls.crt", place->state_dir);
	autofree char *socket = xasprintf("%s/http.sock", place->run_dir);

	for (int64_t end_ms = time_boot_ms() + DAEMON_WAIT_MS; time_boot_ms() < end_ms;) {
		if (access(cert, R_OK) == 0 && access(socket, W_OK) == 0)
			return 0;
		(void)poll(NULL, 0, 20);
	}
	return err_set(err, ERR_NOT_FOUND, "slipwayd has not made '%s' and '%s'", cert, socket);
}

static int run_nginx(const struct boot_place *place, const char *dir, const char *temp,
		     struct err *err)
{
	autofree char *path = xasprintf("%s/nginx.conf", dir);
	autofree char *option = xasprintf("-c%s", path);
	const char *program = place->config->nginx;
	const char *const test[] = {program, "-t", "-q", "-e", "stderr", option, NULL};
	const char *const argv[] = {program, "-e", "stderr", option, NULL};

	TRY(wait_for_daemon(place, err));
	TRY(nginx_write(place, dir, temp, path, err));
	TRY(check(test, err));
	return child_become(argv, err);
}

/* ---- dnsmasq --------------------------------------------------------------------------------- */

static enum dhcp_mode mode_of(const char *word)
{
	return str_eq(word, "full") ? DHCP_FULL : str_eq(word, "proxy") ? DHCP_PROXY : DHCP_OFF;
}

static struct dnsmasq_net first_net(const struct boot_config *c, const struct service_urls *urls)
{
	return (struct dnsmasq_net){
		.mode = mode_of(c->dhcp_mode),
		.interface = c->interface,
		.address = c->address,
		.range_start = c->range_start,
		.range_end = c->range_end,
		.netmask = c->netmask,
		.network = c->network,
		.router = c->router,
		.dns = c->dns,
		.plain_url = urls->plain,
	};
}

static struct dnsmasq_net further_net(const struct boot_net *n, const struct service_urls *urls)
{
	return (struct dnsmasq_net){
		.mode = mode_of(n->mode),
		.interface = n->interface,
		.address = n->address,
		.range_start = n->range_start,
		.range_end = n->range_end,
		.netmask = n->netmask,
		.network = n->network,
		.router = n->router,
		.dns = n->dns,
		.plain_url = urls->plain,
	};
}

static int dnsmasq_write(const struct boot_place *place, const char *dir, const char *path,
			 struct err *err)
{
	const struct boot_config *c = place->config;
	autofree char *leases = xasprintf("%s/dnsmasq.leases", dir);
	autofree char *pid = xasprintf("%s/dnsmasq.pid", dir);
	autofree char *tftp = xasprintf("%s/ipxe", c->files_dir);
	struct service_urls urls, more_urls[BOOT_NETS_MAX];
	struct dnsmasq_net more[BOOT_NETS_MAX];
	autostr struct str text;

	service_urls_of(c, &urls);
	struct dnsmasq_options o = {
		.first = first_net(c, &urls),
		.more = more,
		.n_more = c->n_nets,
		.relayed = c->relayed,
		.lease_s = (int)c->lease_s,
		.lease_file = leases,
		.pid_file = pid,
		.tftp_root = tftp,
		.tftp_always = str_eq(c->tftp, "on"),
		.user = geteuid() == 0 ? "root" : NULL,
	};

	for (size_t i = 0; i < c->n_nets; i++) {
		service_urls_at(c, c->nets[i].address, &more_urls[i]);
		more[i] = further_net(&c->nets[i], &more_urls[i]);
	}
	str_init(&text, DNSMASQ_CONFIG_MAX_BYTES);
	TRY(dnsmasq_config_write(&text, &o, err));
	return save(path, &text, err);
}

/* Its log is the beginning of a host's timeline: it goes where the daemon reads. */
static int log_to_daemon(const struct boot_place *place, const char *name, struct err *err)
{
	struct stat st;

	if (place->own_units) {
		autofree char *fifo = xasprintf("%s/%s.log", place->run_dir, name);
		autoclose int fd = open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
			return err_sys(err, ERR_IO, "cannot write to '%s'", fifo);
	} else if (fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode)) {
		if (dup2(STDIN_FILENO, STDERR_FILENO) < 0)
			return err_sys(err, ERR_SYS, "cannot take over the log");
	}
	return 0;
}

static int run_dnsmasq(const struct boot_place *place, const char *dir, const char *temp,
		       struct err *err)
{
	autofree char *path = xasprintf("%s/dnsmasq.conf", dir);
	autofree char *option = xasprintf("--conf-file=%s", path);
	const char *program = place->config->dnsmasq;
	const char *const test[] = {program, "--test", option, NULL};
	const char *const argv[] = {program, option, NULL};

	(void)temp;
	TRY(dnsmasq_write(place, dir, path, err));
	TRY(check(test, err));
	TRY(log_to_daemon(place, program_name(PROGRAM_DNSMASQ), err));
	return child_become(argv, err);
}

static int run_prober(const struct boot_place *place, const char *dir, const char *temp,
		      struct err *err)
{
	(void)dir;
	(void)temp;
	TRY(log_to_daemon(place, program_name(PROGRAM_PROBER), err));
	const struct boot_config *c = place->config;
	struct dhcp_prober_link links[DHCP_PROBER_LINKS];
	size_t n = 0;

	_Static_assert(BOOT_NETS_MAX < DHCP_PROBER_LINKS, "one link each");
	if (str_eq(c->dhcp_mode, "full"))
		links[n++] = (struct dhcp_prober_link){c->interface, c->address};
	for (size_t i = 0; i < c->n_nets; i++)
		if (str_eq(c->nets[i].mode, "full"))
			links[n++] = (struct dhcp_prober_link){c->nets[i].interface,
							       c->nets[i].address};
	return dhcp_prober_run(links, n, err);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define BIND  CONFINE_CAP(CAP_NET_BIND_SERVICE)
#define RAW   CONFINE_CAP(CAP_NET_RAW)
#define ADMIN CONFINE_CAP(CAP_NET_ADMIN)
/* nginx as root, where its files lie in a closed folder: it changes its workers' user to root */
#define AS_ROOT (CONFINE_CAP(CAP_SETUID) | CONFINE_CAP(CAP_SETGID) | CONFINE_CAP(CAP_DAC_OVERRIDE))

static const struct row {
	const char *name;
	enum service_role role;
	uint64_t capabilities;
	bool writes, keeps; /* has a folder for its run, and one on a disk */
	int (*run)(const struct boot_place *place, const char *dir, const char *temp,
		   struct err *err);
} rows[_PROGRAM_MAX] = {
	[PROGRAM_NGINX] = {"nginx", SERVICE_WEB, BIND, true, true, run_nginx},
	/* ADMIN: a host without an address yet is answered by an entry in the table of neighbours */
	[PROGRAM_DNSMASQ] = {PROGRAM_DNSMASQ_NAME, SERVICE_DHCP, BIND | RAW | ADMIN, true, false,
			     run_dnsmasq},
	[PROGRAM_PROBER] = {PROGRAM_PROBER_NAME, SERVICE_DHCP, RAW, false, false, run_prober},
};

const char *program_name(enum program program)
{
	return rows[program].name;
}

bool program_is_wanted(enum program program, const struct boot_place *place)
{
	const struct boot_config *c = place->config;

	switch (program) {
	case PROGRAM_NGINX:
		return true;
	case PROGRAM_DNSMASQ:
		return boot_has_tftp(c);
	case PROGRAM_PROBER: /* only where ours should be the only server */
		return boot_has_mode(c, "full") && confine_has(CAP_NET_RAW);
	case _PROGRAM_MAX:
		break;
	}
	return false;
}

static int confine(const struct row *row, const struct boot_place *place,
		   const struct service_user *user, struct err *err)
{
	const struct confine_user as = {user->uid, user->gid, user->gid};
	pid_t parent = getppid();

	TRY(confine_to_user(&as, row->capabilities | (user->uid == 0 ? AS_ROOT : 0), err));
	/* the change of user took the supervisor's order back */
	if (!place->own_units && (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent))
		return err_set(err, ERR_SYS, "the supervisor is gone");
	return 0;
}

/* Said by its name: the program's own words speak of a port, or of nothing. */
static int check_capabilities(const struct row *row, const struct boot_place *place,
			      struct err *err)
{
	static const struct {
		int capability;
		const char *name;
	} needed[] = {{CAP_NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE"},
		      {CAP_NET_RAW, "CAP_NET_RAW"},
		      {CAP_NET_ADMIN, "CAP_NET_ADMIN"}};
	bool high = row->role == SERVICE_WEB && place->config->http_port >= LOW_PORTS &&
		    place->config->https_port >= LOW_PORTS;

	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if ((row->capabilities & CONFINE_CAP(needed[i].capability)) && !high &&
		    !confine_has(needed[i].capability))
			return err_set(err, ERR_PORT,
				       "%s needs the capability %s, which is missing", row->name,
				       needed[i].name);
	return 0;
}

static int run_row(const struct row *row, const struct boot_place *place, struct err *err)
{
	const struct service_user user = service_user_of(place, row->role);
	autofree char *dir = NULL;
	autofree char *temp = NULL;

	if (row->writes)
		TRY(service_run_dir(place, row->name, &user, &dir, err));
	if (row->keeps)
		TRY(service_state_dir(place, row->name, &user, &temp, err));
	TRY(confine(row, place, &user, err));
	TRY(check_capabilities(row, place, err));
	return row->run(place, dir, temp, err);
}

int program_run(const char *name, const struct boot_place *place, struct err *err)
{
	for (enum program p = 0; p < _PROGRAM_MAX; p++)
		if (str_eq(rows[p].name, name))
			return program_is_wanted(p, place) ? run_row(&rows[p], place, err) : 0;
	return err_set(err, ERR_NOT_FOUND, "there is no program '%s' to run", name);
}
