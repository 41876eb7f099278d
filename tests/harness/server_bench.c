/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server bench; see server_bench.h.
 */
#include "tests/harness/server_bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/http_client.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/db.h>
#include "provisioner/server/app.h"
#include "provisioner/server/flow/deadlines.h"
#include "tests/harness/fake_object_store.h"

static void set(char **at, const char *value)
{
	free(*at);
	*at = xstrdup(value);
}

/* ---- time that the test holds ---------------------------------------------------------------- */

/* Shared with the daemon, which only reads it. */
/* Shared with the daemon. */
struct bench_clock {
	_Atomic int64_t boot_us, wall_us;
	_Atomic int commits_to_live; /* 0: it lives */
};

static int64_t held_boot_us(void *arg)
{
	return ((struct bench_clock *)arg)->boot_us;
}

static int64_t held_wall_us(void *arg)
{
	return ((struct bench_clock *)arg)->wall_us;
}

static void make_clock(struct server_bench *b)
{
	b->clock = mmap(NULL, sizeof(*b->clock), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	BUG_ON(b->clock == MAP_FAILED);
	b->clock->boot_us = clock_boot_us(&clock_system);
	b->clock->wall_us = clock_wall_us(&clock_system);
}

void server_bench_advance(struct server_bench *b, long ms)
{
	b->clock->boot_us += ms * 1000;
	b->clock->wall_us += ms * 1000;
}

long server_bench_now_s(const struct server_bench *b)
{
	return b->real_time ? (long)time(NULL) : (long)(b->clock->wall_us / 1000000);
}

void server_bench_tick(struct server_bench *b)
{
	char done;

	if (!b->real_time)
		server_bench_advance(b, DEADLINES_TICK_S * 1000L);
	BUG_ON(kill(b->pid, SIGUSR1) < 0);
	BUG_ON(read(b->ticked_fd, &done, 1) != 1);
}

static int ticked_write_fd;

static int on_tick_by_hand(sd_event_source *source, const struct signalfd_siginfo *si, void *arg)
{
	(void)source;
	(void)si;
	app_tick(arg);
	return write(ticked_write_fd, "t", 1) == 1 ? 0 : -errno;
}

static void hold_time(const struct server_bench *b, struct app *a)
{
	static struct clock held;

	held = (struct clock){held_boot_us, held_wall_us, b->clock};
	a->flow.clock = &held;
	a->flow.timers_by_hand = true;
}

static void hear_ticks(struct app *a)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	BUG_ON(sigprocmask(SIG_BLOCK, &set, NULL) < 0);
	BUG_ON(sd_event_add_signal(a->event, NULL, SIGUSR1, on_tick_by_hand, a) < 0);
}

static int before_commit(void *arg)
{
	struct bench_clock *shared = arg;

	if (shared->commits_to_live > 0 && --shared->commits_to_live == 0)
		(void)raise(SIGKILL);
	return 0; /* it may go on */
}

static struct bench_clock *watched;

/* Each connection to a SQLite store is told of its commits. */
static int watch_commits(sqlite3 *db, const char **why, const struct sqlite3_api_routines *api)
{
	(void)why;
	(void)api;
	(void)sqlite3_commit_hook(db, before_commit, watched);
	return SQLITE_OK;
}

void server_bench_die_at_commit(struct server_bench *b, int n)
{
	b->clock->commits_to_live = n;
}

/* ---- the daemon ------------------------------------------------------------------------------ */

static _Noreturn void serve(const struct server_bench *b)
{
	static struct app a = {.run_lock_fd = -1, .halves = {.fd = -1}};
	struct err err = ERR_INIT;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	log_open("bench", LOG_FORMAT_TEXT, getenv("BENCH_VERBOSE") ? LOG_DEBUG : LOG_ERR);
	config_init(&a.config);
	autofree char *state = xasprintf("%s/state", b->dir);
	autofree char *run = xasprintf("%s/run", b->dir);
	autofree char *burn_in = xasprintf("%s/burn-in", b->dir);
	autofree char *boot = xasprintf("%s/boot", b->dir);
	set(&a.config.state_dir, state);
	set(&a.config.run_dir, run);
	set(&a.config.burn_in_dir, burn_in);
	set(&a.config.boot.files_dir, boot);
	a.flow.silence_us = b->silence_ms * 1000;
	set(&a.config.boot.address, "192.0.2.1");
	set(&a.config.protect, b->protect);
	if (b->one_person)
		set(&a.config.second_person, "off");
	if (b->database[0])
		set(&a.config.store, b->store);
	fake_object_store_set(b->image_version[0] ? "debian12" : "", b->image_version);
	if (b->image_damaged)
		fake_object_store_damage();
	watched = b->clock;
	BUG_ON(sqlite3_auto_extension((void (*)(void))watch_commits) != SQLITE_OK);
	BUG_ON(sd_event_default(&a.event) < 0);
	if (!b->real_time)
		hold_time(b, &a);
	hear_ticks(&a);
	a.halves.web = (struct service_user){geteuid(), getegid()};
	if (app_open_core(&a, &err) < 0) {
		fprintf(stderr, "# bench: %s\n", err.msg);
		_exit(1);
	}
	(void)sd_event_loop(a.event);
	_exit(0);
}

void server_bench_start(struct server_bench *b)
{
	int ends[2];

	if (b->ticked_fd > 0)
		(void)close(b->ticked_fd);
	BUG_ON(pipe2(ends, O_CLOEXEC) < 0);
	b->pid = fork();
	BUG_ON(b->pid < 0);
	ticked_write_fd = ends[1];
	if (b->pid == 0)
		serve(b);
	(void)close(ends[1]);
	b->ticked_fd = ends[0];
	for (int i = 0; i < 500; i++) {
		if (server_bench_admin(b, "GET", "/healthz", NULL) == 200)
			return;
		usleep(10000);
	}
	BUG_ON(true);
}

/* One that demands no channel; the tests run in the top folder. */
static void copy_root(const struct server_bench *b)
{
	autofree char *path = xasprintf("%s/state/trust/root.json", b->dir), *text = NULL;
	struct err err = ERR_INIT;
	size_t n;

	BUG_ON(file_read("tests/fuzz/corpus/trust_root/valid", 1 << 20, &text, &n, &err) < 0);
	BUG_ON(file_write_atomic(path, text, n, 0644, &err) < 0);
}

static void make_dirs(struct server_bench *b)
{
	static const char *const subs[] = {"/state/trust", "/run", "/boot/x86_64", "/boot/aarch64"};
	static const char *const files[] = {"/boot/x86_64/vmlinuz", "/boot/x86_64/ramdisk.img"};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(subs); i++) {
		autofree char *path = xasprintf("%s%s", b->dir, subs[i]);
		BUG_ON(file_make_dirs(path, 0755, &err) < 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		autofree char *path = xasprintf("%s%s", b->dir, files[i]);
		BUG_ON(file_write_atomic(path, "{}", 2, 0644, &err) < 0);
	}
	copy_root(b);
}

static void on_postgres(const char *verb, const char *name)
{
	PGconn *pg = PQconnectdb(getenv("SLIPWAY_TEST_POSTGRES"));
	autofree char *sql = xasprintf("%s DATABASE %s", verb, name);
	PGresult *result = PQexec(pg, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fprintf(stderr, "# bench: %s: %s\n", sql, PQerrorMessage(pg));
	PQclear(result);
	PQfinish(pg);
}

/* SQLite, or a database of its own on the server that SLIPWAY_TEST_POSTGRES names. */
static void make_store(struct server_bench *b)
{
	static unsigned count;
	const char *server = getenv("SLIPWAY_TEST_POSTGRES");

	if (!server) {
		snprintf(b->store, sizeof(b->store), "sqlite:%s/state/slipway.db", b->dir);
		return;
	}
	const char *query = strchr(server, '?');
	snprintf(b->database, sizeof(b->database), "bench%d_%u", (int)getpid(), ++count);
	on_postgres("CREATE", b->database);
	snprintf(b->store, sizeof(b->store), "postgresql:///%s%s", b->database, query ? query : "");
}

/* In memory where that is possible: the tests kill the daemon and never the machine, so nothing is
 * gained by waiting for a disk. */
static void make_top_folder(char *ret, size_t ret_bytes)
{
	(void)str_copy(ret, ret_bytes, "/dev/shm/slipway-bench-XXXXXX");
	if (mkdtemp(ret))
		return;
	(void)str_copy(ret, ret_bytes, "/tmp/slipway-bench-XXXXXX");
	BUG_ON(!mkdtemp(ret));
}

static void make_folders(struct server_bench *b)
{
	bool one_person = b->one_person;

	memset(b, 0, sizeof(*b));
	b->one_person = one_person;
	make_top_folder(b->dir, sizeof(b->dir));
	snprintf(b->front, sizeof(b->front), "%s/run/http.sock", b->dir);
	snprintf(b->admin, sizeof(b->admin), "%s/run/admin.sock", b->dir);
	snprintf(b->plan_key, sizeof(b->plan_key), "%s/state/keys/plan-key.pem", b->dir);
	(void)str_copy(b->image_version, sizeof(b->image_version), "1");
	make_clock(b);
	make_dirs(b);
}

static void open_bench(struct server_bench *b, bool real_time)
{
	make_folders(b);
	make_store(b);
	b->real_time = real_time;
	server_bench_start(b);
}

void server_bench_open(struct server_bench *b)
{
	open_bench(b, false);
}

void server_bench_open_real_time(struct server_bench *b)
{
	open_bench(b, true);
}

static void copy_keys(const char *from_dir, const char *to_dir)
{
	struct err err = ERR_INIT;
	autofree char *from = xasprintf("%s/state/keys", from_dir);
	autofree char *to = xasprintf("%s/state/keys", to_dir);
	DIR *d = opendir(from);
	struct dirent *e;

	BUG_ON(!d || file_make_dirs(to, 0700, &err) < 0);
	while ((e = readdir(d))) {
		autofree char *source = xasprintf("%s/%s", from, e->d_name);
		autofree char *target = xasprintf("%s/%s", to, e->d_name);
		char *bytes = NULL;
		size_t n = 0;
		if (e->d_name[0] == '.')
			continue;
		BUG_ON(file_read(source, 1 << 20, &bytes, &n, &err) < 0);
		BUG_ON(file_write_atomic(target, bytes, n, 0600, &err) < 0);
		free(bytes);
	}
	closedir(d);
}

void server_bench_join(struct server_bench *b, const struct server_bench *first)
{
	make_folders(b);
	copy_keys(first->dir, b->dir);
	(void)str_copy(b->store, sizeof(b->store), first->store);
	(void)str_copy(b->database, sizeof(b->database), first->database);
	b->joined = true;
	b->real_time = first->real_time;
	server_bench_start(b);
}

void server_bench_stop(struct server_bench *b)
{
	if (b->pid > 0) {
		(void)kill(b->pid, SIGKILL);
		(void)waitpid(b->pid, NULL, 0);
	}
	b->pid = 0;
}

void server_bench_crash(struct server_bench *b)
{
	server_bench_stop(b);
	server_bench_start(b);
}

void server_bench_close(struct server_bench *b)
{
	struct err err = ERR_INIT;

	server_bench_stop(b);
	(void)close(b->ticked_fd);
	(void)munmap(b->clock, sizeof(*b->clock));
	json_decref(b->reply);
	b->reply = NULL;
	if (b->database[0] && !b->joined)
		on_postgres("DROP", b->database);
	IGNORE_RESULT(file_remove_tree(b->dir, &err));
}

struct question {
	const char *socket, *token; /* token NULL: none */
	const char *const *headers; /* or NULL */
	const char *method, *path, *body;
};

/* The reply is the caller's to end, also after 0: no answer. */
static int exchange(const struct question *q, struct http_reply *ret)
{
	struct err err = ERR_INIT;
	struct http_client_options o = {
		.base_url = "http://slipway", .unix_socket = q->socket, .bearer_token = q->token};
	AUTO(http_client) struct http_client *http = http_client_new(&o, &err);
	struct http_call call = {.method = q->method,
				 .path = q->path,
				 .body = q->body,
				 .body_bytes = q->body ? strlen(q->body) : 0,
				 .headers = q->headers};

	*ret = (struct http_reply){0};
	return http && http_client_call(http, &call, ret, &err) >= 0 ? ret->status : 0;
}

static int ask(struct server_bench *b, const struct question *q)
{
	struct http_reply reply;
	int status = exchange(q, &reply);

	if (status) {
		json_decref(b->reply);
		b->reply = json_loadb(reply.body, reply.body_bytes, 0, NULL);
		const char *code = json_string_value(json_object_get(b->reply, "code"));
		(void)str_copy(b->code, sizeof(b->code), code ? code : "");
		(void)str_copy(b->etag, sizeof(b->etag), reply.etag);
	}
	http_reply_done(&reply);
	return status;
}

int server_bench_admin(struct server_bench *b, const char *method, const char *path,
		       const char *body)
{
	return ask(b, &(struct question){
			      .socket = b->admin, .method = method, .path = path, .body = body});
}

int server_bench_as(struct server_bench *b, const char *token, const char *method, const char *path,
		    const char *body)
{
	static const char *const front[] = {"X-Slipway-Listener: tls", NULL};

	return ask(b, &(struct question){b->front, token, front, method, path, body});
}

int server_bench_if(struct server_bench *b, const char *etag, const char *method, const char *path,
		    const char *body)
{
	autofree char *match = etag ? xasprintf("If-Match: %s", etag) : xstrdup("If-None-Match: *");
	const char *const headers[] = {match, NULL};

	return ask(b, &(struct question){b->admin, NULL, headers, method, path, body});
}

int server_bench_keyed(struct server_bench *b, const char *token, const char *key,
		       const char *method, const char *path, const char *body)
{
	autofree char *header = xasprintf("Idempotency-Key: %s", key);
	const char *const headers[] = {"X-Slipway-Listener: tls", header, NULL};

	return ask(b, &(struct question){b->front, token, headers, method, path, body});
}

long server_bench_metric(struct server_bench *b, const char *name)
{
	autofree char *line = xasprintf("\n%s ", name);
	struct question q = {.socket = b->admin, .method = "GET", .path = "/metrics"};
	struct http_reply reply;
	const char *at = exchange(&q, &reply) == 200 ? strstr(reply.body, line) : NULL;
	long value = at ? strtol(at + strlen(line), NULL, 10) : -1;

	http_reply_done(&reply);
	return value;
}

void server_bench_token(struct server_bench *b, const char *name, const char *owner,
			const char *words, char *ret, size_t ret_bytes)
{
	autofree char *body = xasprintf("{\"name\":\"%s\",\"owner\":\"%s\",\"scopes\":[%s]}", name,
					owner, words);

	BUG_ON(server_bench_admin(b, "POST", "/api/v1/tokens", body) != 201);
	const char *text = json_string_value(json_object_get(b->reply, "token"));
	BUG_ON(!text || !str_copy(ret, ret_bytes, text));
}

/* ---- the store, behind the server's back ----------------------------------------------------- */

static struct db *open_store(struct server_bench *b, unsigned flags)
{
	struct err err = ERR_INIT;
	struct db *db = NULL;

	if (db_open(b->store, flags, &db, &err) < 0)
		fprintf(stderr, "# bench: %s\n", err.msg);
	BUG_ON(!db);
	return db;
}

long server_bench_number(struct server_bench *b, const char *sql)
{
	struct err err = ERR_INIT;
	AUTO(db) struct db *db = open_store(b, DB_READONLY);
	int64_t value = -1;

	BUG_ON(db_query_int(db, &err, &value, -1, sql) < 0);
	return (long)value;
}

void server_bench_sql(struct server_bench *b, const char *sql)
{
	struct err err = ERR_INIT;

	server_bench_stop(b);
	struct db *db = open_store(b, 0);
	BUG_ON(db_begin(db, &err) < 0 || db_end(db, db_exec(db, &err, sql), &err) < 0);
	db_close(db);
	server_bench_start(b);
}

const char *server_bench_state(struct server_bench *b, const char *host_id)
{
	static char state[32];
	struct err err = ERR_INIT;
	AUTO(db) struct db *db = open_store(b, DB_READONLY);
	AUTO(db_rows) struct db_rows *rows = NULL;

	state[0] = '\0';
	BUG_ON(db_query(db, &err, &rows, "SELECT state FROM host WHERE id = $1", p_text(host_id)) <
	       0);
	if (db_rows_next(rows, &err) > 0)
		(void)str_copy(state, sizeof(state), db_text(rows, 0));
	return state;
}
