/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway-first-boot: runs once in the installed system, tells the server that it boots, and
 * removes itself and its token. Statically linked, because the image may be any Linux; started by a
 * unit that the agent wrote, configured by first-boot.conf beside it (mode 0600):
 *
 *     url=https://10.0.0.1/agent/v1/first-boot
 *     pin=sha256//BASE64
 *     token=64 hex digits
 *     image_digest=64 hex digits
 *     fallback_s=300                 optional: seconds until DHCP takes the place of its network
 *
 * The server is known by its public key alone; addresses are numbers, so that no resolver is
 * needed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/digest.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/session.h>

#include <session/backoff.h>
#include <agent/facts/drives.h>
#include <agent/disk/first_boot_files.h>
#include <agent/facts/sysfs.h>
#include <agent/host_keys.h>
#include <agent/network_fallback.h>

#define CONFIG_MAX_BYTES  4096
#define REPLY_MAX_BYTES   65536
#define IO_TIMEOUT_S      15
#define MAX_REFUSALS      8
#define HOST_KEYS_WAIT_MS 30000

struct config {
	char url[256], pin[64], token[65], image_digest[65], fallback_s[8];
};

/* ---- configuration --------------------------------------------------------------------------- */

static int read_config(struct config *c, struct err *err)
{
	const struct {
		const char *key;
		char *value;
		size_t bytes;
	} keys[] = {
		{"url", c->url, sizeof(c->url)},
		{"pin", c->pin, sizeof(c->pin)},
		{"token", c->token, sizeof(c->token)},
		{"image_digest", c->image_digest, sizeof(c->image_digest)},
		{"fallback_s", c->fallback_s, sizeof(c->fallback_s)},
	};
	autofree char *text = NULL;
	size_t n_bytes;

	TRY(file_read(FIRST_BOOT_CONFIG, CONFIG_MAX_BYTES, &text, &n_bytes, err));
	struct sv rest = {text, n_bytes};
	while (rest.n) {
		struct sv value = sv_trim(sv_split(&rest, '\n'));
		struct sv key = sv_split(&value, '=');

		for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
			autofree char *copy = xstrndup(value.p, value.n);

			if (sv_eq_str(key, keys[i].key))
				(void)str_copy(keys[i].value, keys[i].bytes, copy);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!*keys[i].value && keys[i].value != c->fallback_s)
			return err_set(err, ERR_CONFIG, "'%s' is missing in " FIRST_BOOT_CONFIG,
				       keys[i].key);
	return 0;
}

/* ---- what is reported ------------------------------------------------------------------------ */

/* Serial of the disk that / lies on, or "" (an overlay, a network root). */
static void root_disk_serial(char *ret, size_t ret_bytes)
{
	char name[128] = "";
	struct drive drive;
	struct stat st;

	*ret = '\0';
	if (stat("/", &st) < 0)
		return;
	unsigned major_nr = major(st.st_dev), minor_nr = minor(st.st_dev);
	char path[512];
	if (!sysfs_resolve("", path, sizeof(path), "sys/dev/block/%u:%u", major_nr, minor_nr))
		return;
	/* A partition's folder lies in its disk's. */
	if (sysfs_exists("", "sys/dev/block/%u:%u/partition", major_nr, minor_nr)) {
		char *slash = strrchr(path, '/');
		if (slash)
			*slash = '\0';
	}
	const char *slash = strrchr(path, '/');
	(void)str_copy(name, sizeof(name), slash ? slash + 1 : path);
	if (drive_read_one("", name, &drive))
		(void)str_copy(ret, ret_bytes,
			       drive.facts.serial[0] ? drive.facts.serial : drive.facts.wwn);
}

static void add_host_keys(struct first_boot_request *r)
{
	struct ssh_host_key keys[SSH_HOST_KEYS_MAX];
	size_t n = host_keys_read("", keys, ARRAY_LEN(keys));

	for (size_t i = 0; i < n; i++)
		VEC_PUSH(&r->ssh_host_keys, keys[i]);
}

/* failure: of the host's own network, before it fell back to DHCP. */
static char *make_body(const struct config *c, const char *failure)
{
	struct first_boot_request r = {0};
	struct utsname uts;

	(void)str_copy(r.token, sizeof(r.token), c->token);
	(void)str_copy(r.image_digest, sizeof(r.image_digest), c->image_digest);
	sysfs_text("", r.boot_id, sizeof(r.boot_id), "proc/sys/kernel/random/boot_id");
	sysfs_text("", r.machine_id, sizeof(r.machine_id), "etc/machine-id");
	if (uname(&uts) == 0) {
		text_clean(r.kernel, sizeof(r.kernel), uts.release, sizeof(uts.release));
		text_clean(r.hostname, sizeof(r.hostname), uts.nodename, sizeof(uts.nodename));
	}
	root_disk_serial(r.root_disk_serial, sizeof(r.root_disk_serial));
	text_clean(r.network_failure, sizeof(r.network_failure), failure, strlen(failure));
	add_host_keys(&r);
	char *body = message_encode(first_boot_request_fields, &r);

	record_done(first_boot_request_fields, &r);
	return body;
}

/* ---- the request ----------------------------------------------------------------------------- */

struct target {
	struct sockaddr_storage address;
	socklen_t address_bytes;
	char host[80];
	char path[128];
};

/* https://1.2.3.4[:port]/path or https://[::1][:port]/path */
static int parse_url(const char *url, struct target *t, struct err *err)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	char host[80] = "", path[128] = "/";
	unsigned port = 443;

	if (sscanf(url, "https://[%79[0-9a-fA-F:.]]%*[:]%u%127s", host, &port, path) < 1 &&
	    sscanf(url, "https://%79[0-9.]:%u%127s", host, &port, path) < 1)
		return err_set(err, ERR_CONFIG,
			       "'%.200s' is not an https URL with a numeric address", url);
	const char *slash = strchr(url + strlen("https://"), '/');
	(void)str_copy(t->path, sizeof(t->path), slash ? slash : "/");
	(void)str_copy(t->host, sizeof(t->host), host);
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		v4.sin_port = htons((uint16_t)port);
		memcpy(&t->address, &v4, t->address_bytes = sizeof(v4));
	} else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		v6.sin6_port = htons((uint16_t)port);
		memcpy(&t->address, &v6, t->address_bytes = sizeof(v6));
	} else {
		return err_set(err, ERR_CONFIG, "'%s' is not a numeric address", host);
	}
	return 0;
}

static int open_socket(const struct target *t, struct err *err)
{
	struct timeval timeout = {.tv_sec = IO_TIMEOUT_S};
	int fd = socket(t->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(err, ERR_HTTP, "no socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (const struct sockaddr *)&t->address, t->address_bytes) < 0) {
		if (errno == EINPROGRESS) /* what SO_SNDTIMEO makes of a timeout */
			errno = ETIMEDOUT;
		(void)err_sys(err, ERR_HTTP, "cannot reach %s", t->host);
		(void)close(fd);
		return -err->code;
	}
	return fd;
}

/* The handshake has proven that the peer holds this key; the pin says that it is the server's. */
static int check_pin(SSL *ssl, const char *pin, struct err *err)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	uint8_t digest[SHA256_BYTES];
	unsigned char *der = NULL;
	int n = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der) : 0;

	if (n <= 0)
		return err_set(err, ERR_HTTP_PIN, "the server showed no certificate");
	sha256_of(der, (size_t)n, digest);
	OPENSSL_free(der);
	autofree char *encoded = base64_encode(digest, sizeof(digest));
	autofree char *got = xasprintf("sha256//%s", encoded);
	if (!str_eq(got, pin))
		return err_set(err, ERR_HTTP_PIN, "the server's key is %s, not %s", got, pin);
	return 0;
}

static int exchange(SSL *ssl, const struct target *t, const char *body, struct err *err)
{
	autofree char *request = xasprintf("POST %s HTTP/1.1\r\nHost: %s\r\n"
					   "Content-Type: application/json\r\n"
					   "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
					   t->path, t->host, strlen(body), body);
	autofree char *reply = xcalloc(1, REPLY_MAX_BYTES + 1);
	size_t n_bytes = 0;
	int status = 0, n;

	if (SSL_write(ssl, request, (int)strlen(request)) <= 0)
		return err_set(err, ERR_HTTP, "sending the report failed");
	while (n_bytes < REPLY_MAX_BYTES &&
	       (n = SSL_read(ssl, reply + n_bytes, (int)(REPLY_MAX_BYTES - n_bytes))) > 0)
		n_bytes += (size_t)n;
	if (sscanf(reply, "HTTP/1.%*1[01] %3d", &status) != 1)
		return err_set(err, ERR_HTTP, "the server gave no answer");
	if (status == 200)
		return 0;
	const char *answer = strstr(reply, "\r\n\r\n");
	return err_set(err, status >= 500 || status == 429 ? ERR_HTTP : ERR_HTTP_STATUS,
		       "status %d: %.200s", status, answer ? answer + 4 : "");
}

static int talk(int fd, const struct target *t, const char *pin, const char *body, struct err *err)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl = context ? SSL_new(context) : NULL;
	int r;

	if (!ssl || !SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) || !SSL_set_fd(ssl, fd))
		r = err_set(err, ERR_CRYPTO, "cannot set up TLS");
	else if (SSL_connect(ssl) != 1)
		r = err_set(err, ERR_HTTP, "the TLS handshake failed");
	else if ((r = check_pin(ssl, pin, err)) == 0)
		r = exchange(ssl, t, body, err);
	SSL_free(ssl);
	SSL_CTX_free(context);
	return r;
}

static int report(const struct config *c, const struct target *t, const char *failure,
		  struct err *err)
{
	autofree char *body = make_body(c, failure);
	autoclose int fd = open_socket(t, err);

	return fd < 0 ? fd : talk(fd, t, c->pin, body, err);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void say(const char *text)
{
	autoclose_file FILE *console = fopen("/dev/console", "we");

	fprintf(stderr, "%s\n", text);
	if (console)
		fprintf(console, "\r\nslipway: %s\r\n", text);
}

/* The token is worthless from now on, but nothing of ours stays in somebody's system. */
static void remove_self(void)
{
	static const char *const files[] = {
		FIRST_BOOT_CONFIG,      FIRST_BOOT_WANTS, FIRST_BOOT_UNIT,    FIRST_BOOT_FALLBACK,
		FIRST_BOOT_RC_RUNLEVEL, FIRST_BOOT_RC,    FIRST_BOOT_FAILURE, FIRST_BOOT_PROGRAM};
	static const char *const folders[] = {FIRST_BOOT_CONFIG_DIR, FIRST_BOOT_PROGRAM_DIR};

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (unlink(files[i]) < 0 && errno != ENOENT)
			fprintf(stderr, "cannot remove %s: %s\n", files[i], strerror(errno));
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		(void)rmdir(folders[i]);
	sync();
}

static int64_t fallback_after_s(const struct config *c)
{
	uint64_t seconds;

	if (!parse_u64(c->fallback_s, &seconds) || !seconds || seconds > NETWORK_FALLBACK_S)
		return NETWORK_FALLBACK_S;
	return (int64_t)seconds;
}

/* Once, and only when nothing answered: a server that refuses the report can be reached. */
static bool fall_back(int64_t due_ms, const struct err *why, char failure[NETWORK_FAILURE_BYTES])
{
	if (failure[0] || why->code == ERR_HTTP_STATUS || time_boot_ms() < due_ms)
		return false;
	say("the provisioning server cannot be reached: falling back to DHCP");
	return network_fall_back("", why->msg, failure);
}

int main(void)
{
	struct backoff backoff = {0};
	struct config config = {0};
	struct target target = {0};
	struct err err = ERR_INIT;
	char failure[NETWORK_FAILURE_BYTES];
	int64_t started_ms = time_boot_ms();
	int refusals = 0;

	(void)signal(SIGPIPE, SIG_IGN);
	/* Somebody else's openssl.cnf may name modules that a static program cannot load. */
	(void)OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	if (read_config(&config, &err) < 0 || parse_url(config.url, &target, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	int64_t due_ms = network_fallback_due_ms(started_ms, fallback_after_s(&config));
	network_failure_read("", failure);
	(void)host_keys_wait("", HOST_KEYS_WAIT_MS);
	while (report(&config, &target, failure, &err) < 0) {
		fprintf(stderr, "%s: %s\n", err_name(err.code), err.msg);
		/* A refusal may be a race with the server's restore; after a few it is meant. */
		if (err.code == ERR_HTTP_STATUS && ++refusals >= MAX_REFUSALS) {
			say("the server refuses this host's first-boot report; see the journal");
			return 1;
		}
		if (fall_back(due_ms, &err, failure))
			backoff = (struct backoff){0};
		backoff_failed(&backoff, time_boot_ms(), 500);
		int64_t wait_ms = backoff.next_boot_ms - time_boot_ms();
		(void)usleep((useconds_t)(wait_ms > 0 ? wait_ms : 1) * 1000);
		err_clear(&err);
	}
	remove_self();
	say("this host has reported that it boots: done");
	return 0;
}
