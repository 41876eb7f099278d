/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipwayd: options, signals, the event loop, and telling a supervisor that we serve. Everything
 * else is in app.c. Input: the command line of an operator.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/backup.h>
#include <proto/lifecycle.h>
#include "app.h"
#include "halves.h"
#include "machine_check.h"
#include "self_check.h"
#include <server/boot/program.h>
#include <server/boot/supervisor.h>
#include <server/reader/reader.h>

#define OPEN_FILES 65536

static const char usage[] =
	"usage: slipwayd [--config FILE] [--check-config [--json]] [--trust-clock] [--verbose]\n"
	"       slipwayd [--config FILE] --restore BACKUP\n"
	"       slipwayd [--config FILE] --restored\n"
	"       slipwayd --lifecycle-dot\n"
	"\n"
	"  --config FILE     slipway.conf; without it every key has its default\n"
	"  --check-config    check the configuration and this machine, and end\n"
	"  --json            print the checks as JSON\n"
	"  --restore BACKUP  put a backup of the store in its place, and end\n"
	"  --restored        make a store safe that other tools put back, and end\n"
	"  --trust-clock     the clock is right, although the store has events after it\n"
	"  --lifecycle-dot   print the life of a host as a Graphviz picture, and end\n"
	"  --verbose         log more\n"
	"\n"
	"Started by a unit or by slipwayd itself:\n"
	"  --units           nginx, dnsmasq and the DHCP prober have units of their own\n"
	"  --run NAME        become one of them: nginx, dnsmasq, dhcp-prober\n"
	"  --supervisor      keep them running, for the slipwayd at standard input\n";

struct options {
	const char *config_path;
	const char *restore_path;
	const char *program; /* --run */
	bool check_only, json, verbose, own_units, supervisor, restored, trust_clock;
};

static int print_lifecycle(void)
{
	autostr struct str out;

	str_init(&out, 256 * 1024);
	lifecycle_dot(&out);
	fputs(out.p, stdout);
	return 0;
}

/* Returns -1 to go on, else an exit code. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'}, {"check-config", no_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'},         {"restore", required_argument, NULL, 'r'},
		{"run", required_argument, NULL, 'R'},    {"supervisor", no_argument, NULL, 'S'},
		{"units", no_argument, NULL, 'u'},        {"lifecycle-dot", no_argument, NULL, 'd'},
		{"verbose", no_argument, NULL, 'v'},      {"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},         {"restored", no_argument, NULL, 's'},
		{"trust-clock", no_argument, NULL, 'C'},  {NULL, 0, NULL, 0},
	};

	for (int c; (c = getopt_long(argc, argv, "c:vh", longs, NULL)) != -1;) {
		switch (c) {
		case 'c':
			o->config_path = optarg;
			break;
		case 'r':
			o->restore_path = optarg;
			break;
		case 's':
			o->restored = true;
			break;
		case 'C':
			o->trust_clock = true;
			break;
		case 't':
			o->check_only = true;
			break;
		case 'j':
			o->json = true;
			break;
		case 'R':
			o->program = optarg;
			break;
		case 'S':
			o->supervisor = true;
			break;
		case 'u':
			o->own_units = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'd':
			return print_lifecycle();
		case 'V':
			puts("slipwayd " SLIPWAY_VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "slipwayd: unexpected argument '%s'\n%s", argv[optind], usage);
		return 2;
	}
	return -1;
}

/* For nginx, too, which is not root and has what we have. */
static void raise_open_files(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < OPEN_FILES) {
		if (geteuid() == 0 && l.rlim_max < OPEN_FILES) {
			l = (struct rlimit){OPEN_FILES, OPEN_FILES};
			if (setrlimit(RLIMIT_NOFILE, &l) == 0)
				return;
			(void)getrlimit(RLIMIT_NOFILE, &l);
		}
		l.rlim_cur = l.rlim_max < OPEN_FILES ? l.rlim_max : OPEN_FILES;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int add_signals(sd_event *event)
{
	static const int ends[] = {SIGTERM, SIGINT};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	(void)signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (sd_event_add_signal(event, NULL, ends[i], NULL, NULL) < 0)
			return -1;
	return 0;
}

/* ---- what a person at a terminal is told ---------------------------------------------------- */

static bool on_terminal(const struct config *c)
{
	return isatty(STDERR_FILENO) && str_eq(c->log, "text");
}

static void greet(const struct app *a)
{
	const struct boot_config *c = &a->config.boot;

	fprintf(stderr,
		"Slipway serves %s on %s.\n"
		"  Page:             %s\n"
		"  Certificate pin:  %s\n"
		"  DHCP:             %s\n"
		"Next: make a token for the page and the command line:\n"
		"  slipway token create NAME read approve arm\n",
		c->address, c->interface, a->flow.urls.server, a->site.pin,
		str_eq(c->dhcp_mode, "off") ? "off: another server must send hosts here; see "
					      "[dhcp] in slipway.conf(5)"
					    : c->dhcp_mode);
}

static void complain(const struct err *err)
{
	fprintf(stderr, "slipwayd: %s\nTo mend it: %s\n", err->msg, err_hint(err->code));
}

/* ---- life ------------------------------------------------------------------------------------ */

static void say_ready(const struct app *a)
{
	struct err err = ERR_INIT;
	autofree char *path = xasprintf("%s/ready", a->config.run_dir);

	if (file_write_atomic(path, "ready\n", 6, 0644, &err) < 0)
		log_err(LOG_WARNING, "server.ready_file", &err);
	(void)sd_notify(0, "READY=1");
	log_ev(LOG_NOTICE, "server.ready", KV("version", SLIPWAY_VERSION),
	       KV("address", (const char *)a->config.boot.address),
	       KV("interface", (const char *)a->config.boot.interface),
	       KV("dhcp", (const char *)a->config.boot.dhcp_mode));
	self_check_tick(a->self_check);
	if (on_terminal(&a->config))
		greet(a);
}

static void unsay_ready(const struct app *a)
{
	autofree char *path = xasprintf("%s/ready", a->config.run_dir ? a->config.run_dir : "");

	(void)sd_notify(0, "STOPPING=1");
	(void)unlink(path);
}

/* Our programs serve, or something is in their way and we end. */
static void on_services(void *arg, const struct err *err)
{
	struct app *a = arg;

	if (err->code == ERR_OK) {
		say_ready(a);
	} else {
		a->failed = *err;
		(void)sd_event_exit(a->event, -err->code);
	}
}

static int run(struct app *a, const struct options *o, struct err *err)
{
	TRY(config_resolve(&a->config, err));
	TRY(halves_part(&a->halves, &a->config, o->config_path, o->own_units, err));
	if (sd_event_default(&a->event) < 0 || add_signals(a->event) < 0)
		return err_set(err, ERR_SYS, "cannot make an event loop");
	(void)sd_event_set_watchdog(a->event, true);
	TRY(app_open(a, on_services, err));
	int rc = sd_event_loop(a->event);
	unsay_ready(a);
	if (a->failed.code) {
		*err = a->failed;
		return -a->failed.code;
	}
	return rc < 0 ? err_set(err, ERR_SYS, "the event loop ended with %d", rc) : 0;
}

/* They sign rows that the restored log has not; kept, as the old store is. */
static int checkpoints_aside(const struct app *a, struct err *err)
{
	autofree char *dir = xasprintf("%s/audit", a->config.state_dir);
	autofree char *to = xasprintf("%s.replaced-%lld", dir,
				      (long long)(clock_wall_us(&clock_system) / 1000000));

	if (rename(dir, to) < 0 && errno != ENOENT)
		return err_sys(err, ERR_IO, "cannot move '%s' aside", dir);
	return 0;
}

static int restore(const struct app *a, const char *backup_path, struct err *err)
{
	autofree char *store = xasprintf("%s/slipway.db", a->config.state_dir);

	if (!str_eq(a->config.store, "sqlite"))
		return err_set(err, ERR_UNSUPPORTED,
			       "a PostgreSQL store is put back with its own tools (pg_restore); "
			       "then run: slipwayd --restored");
	TRY(checkpoints_aside(a, err));
	int rc = backup_restore(backup_path, store, clock_wall_us(&clock_system), err);
	if (rc >= 0)
		log_ev(LOG_NOTICE, "store.restored", KV("from", backup_path));
	return rc;
}

/* After pg_restore, or a copy that was put back by hand. */
static int restored(const struct app *a, struct err *err)
{
	AUTO(db) struct db *db = NULL;
	autofree char *url = app_store_url(a);
	autofree char *mark = xasprintf("%s/" APP_MARK_FILE, a->config.state_dir);

	TRY(db_open(url, DB_CHECK, &db, err));
	TRY(checkpoints_aside(a, err));
	TRY(backup_restored(db, mark, clock_wall_us(&clock_system), err));
	log_ev(LOG_NOTICE, "store.restored", KV("from", "other tools"));
	return 0;
}

/* rc: of reading the configuration. Returns an exit code. */
static int check_machine(struct app *a, bool json, int rc, const struct err *err)
{
	autojson json_t *rows = rc < 0 ? machine_check_no_config(err) : machine_check(&a->config);
	bool failed = machine_check_failed(rows);

	if (json)
		(void)json_dumpf(rows, stdout, JSON_INDENT(2));
	else
		machine_check_print(rows);
	app_close(a);
	return failed ? 1 : 0;
}

static int restore_and_give(const struct app *a, const char *backup_path, struct err *err)
{
	TRY(restore(a, backup_path, err));
	return halves_give_state(&a->config, err);
}

static int restored_and_give(const struct app *a, struct err *err)
{
	TRY(restored(a, err));
	return halves_give_state(&a->config, err);
}

static int be_another(struct app *a, const struct options *o, struct err *err)
{
	struct boot_place place;

	TRY(config_resolve(&a->config, err));
	place = halves_place(&a->config, o->own_units);
	return o->supervisor ? supervisor_run(&place, o->config_path, STDIN_FILENO, err)
			     : program_run(o->program, &place, err);
}

static int do_work(struct app *a, const struct options *o, struct err *err)
{
	umask(022);
	if (o->supervisor || o->program)
		return be_another(a, o, err);
	if (o->restore_path)
		return restore_and_give(a, o->restore_path, err);
	if (o->restored)
		return restored_and_give(a, err);
	raise_open_files();
	return run(a, o, err);
}

/* What a restart would not mend is told by the exit status. */
static int exit_code_of(int rc)
{
	if (rc >= 0)
		return 0;
	return rc == -ERR_CONFIG || rc == -ERR_PXE_CONFIG || rc == -ERR_PORT ? PROGRAM_REFUSED : 1;
}

static int serve(const struct options *o)
{
	static struct app a = {.run_lock_fd = -1,
			       .halves = {.supervisor = {.pidfd = -1}, .fd = -1}};
	struct err err = ERR_INIT;

	config_init(&a.config);
	a.trust_clock = o->trust_clock;
	int rc = o->config_path ? config_load(&a.config, o->config_path, &err) : 0;
	bool terminal = on_terminal(&a.config);
	log_open("slipwayd", str_eq(a.config.log, "json") ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT,
		 o->verbose ? LOG_DEBUG
		 : terminal ? LOG_WARNING
			    : LOG_INFO);
	if (o->check_only)
		return check_machine(&a, o->json, rc, &err);
	if (rc >= 0)
		rc = do_work(&a, o, &err);
	if (rc < 0 && terminal)
		complain(&err);
	else if (rc < 0)
		log_err(LOG_ERR, "server.failed", &err);
	app_close(&a);
	halves_join(&a.halves);
	return o->program ? exit_code_of(rc) : rc < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct options o = {0};

	if (argc == 2 && str_eq(argv[1], "--reader"))
		return reader_main(STDIN_FILENO);
	int code = parse_options(argc, argv, &o);
	return code >= 0 ? code : serve(&o);
}
