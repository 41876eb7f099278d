/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP client against a real nginx with TLS: the pin is the whole check, whatever the
 * certificate says, and a client certificate reaches the other side.
 */
#include <tests/harness/check.h>

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include <base/file.h>
#include <base/http_client.h>
#include <base/child.h>
#include <base/process.h>
#include <base/str.h>

static char folder[] = "/tmp/slipway-tls-XXXXXX";
static struct child running; /* nginx, ended even if a test fails */

static void stop(void)
{
	child_kill(&running);
}

struct nginx {
	int port;
	char url[64], pin[80], good_cert[160], good_key[160];
};

static int free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	return ntohs(a.sin_port);
}

static char *run_sh(const char *script)
{
	struct process_options o = {.argv = (const char *const[]){"sh", "-ec", script, NULL},
				    .timeout_ms = 60000};
	struct process_result result;
	struct err err = ERR_INIT;
	char *out;

	if (process_run(&o, &result, &err) < 0)
		fail_msg("%s", err.msg);
	if (result.exit_code)
		fail_msg("%s: %s", script, result.errors);
	out = take_ptr(result.out);
	process_result_done(&result);
	out[strcspn(out, "\n")] = '\0';
	return out;
}

/* A server key and a client key; the server's certificate is long over and for another name. */
static void make_keys(struct nginx *n)
{
	autofree char *script = xasprintf(
		"cd %s; for k in server client; do"
		" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
		" -subj /CN=elsewhere -keyout $k.key -out $k.crt 2>/dev/null; done;"
		" openssl x509 -in server.crt -pubkey -noout | openssl pkey -pubin -outform DER |"
		" openssl dgst -sha256 -binary | base64",
		folder);
	autofree char *pin = run_sh(script);

	snprintf(n->pin, sizeof(n->pin), "sha256//%s", pin);
	snprintf(n->good_cert, sizeof(n->good_cert), "%s/client.crt", folder);
	snprintf(n->good_key, sizeof(n->good_key), "%s/client.key", folder);
}

static void start_nginx(struct nginx *n)
{
	autofree char *conf_path = xasprintf("%s/nginx.conf", folder);
	autofree char *conf = NULL;
	struct err err = ERR_INIT;

	n->port = free_port();
	snprintf(n->url, sizeof(n->url), "https://127.0.0.1:%d", n->port);
	conf = xasprintf(
		"daemon off; master_process off; pid %s/pid; error_log %s/log;\n"
		"events { worker_connections 64; }\n"
		"http { access_log off; client_body_temp_path %s/b; proxy_temp_path %s/p;\n"
		"fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; scgi_temp_path %s/s;\n"
		"server { listen 127.0.0.1:%d ssl; ssl_certificate %s/server.crt;\n"
		"ssl_certificate_key %s/server.key; ssl_verify_client optional_no_ca;\n"
		"location /who { return 200 \"$ssl_client_s_dn\"; }\n"
		"location /go { return 301 /who; } } }\n",
		folder, folder, folder, folder, folder, folder, folder, n->port, folder, folder);
	assert_int_equal(file_write_atomic(conf_path, conf, strlen(conf), 0600, &err), 0);
	struct child_program o = {
		.argv = (const char *const[]){"nginx", "-e", "stderr", "-c", conf_path, NULL},
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -1};
	assert_int_equal(child_spawn(&o, &running, &err), 0);
}

static void wait_for(const struct nginx *n)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)n->port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	for (int i = 0; i < 500; i++) {
		autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
			return;
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	}
	fail_msg("nginx does not answer on port %d", n->port);
}

static int call_nginx(const struct http_client_options *o, const char *path, struct http_reply *ret,
		      struct err *err)
{
	AUTO(http_client) struct http_client *c = http_client_new(o, err);
	struct http_call call = {.path = path};

	*ret = (struct http_reply){0};
	return c ? http_client_call(c, &call, ret, err) : -err->code;
}

/* N-03, W-05, C-07. */
static void test_tls(void **state)
{
	struct nginx n = {0};
	char path[128], wrong[80];
	struct http_reply reply;
	struct err err = ERR_INIT;

	(void)state;
	if (!process_find("nginx", path, sizeof(path)) ||
	    !process_find("openssl", path, sizeof(path))) {
		print_message("nginx or openssl is not installed\n");
		skip();
	}
	make_keys(&n);
	start_nginx(&n);
	wait_for(&n);
	struct http_client_options o = {.base_url = n.url, .pin = n.pin, .timeout_ms = 10000};

	CHECK_ERR("the pinned key", call_nginx(&o, "/who", &reply, &err), 0);
	CHECK_STR("no client certificate", reply.body, "");
	http_reply_done(&reply);
	CHECK_ERR("a redirect", call_nginx(&o, "/go", &reply, &err), 0);
	CHECK_INT("a redirect", reply.status, 301);
	http_reply_done(&reply);

	o.client_cert_path = n.good_cert;
	o.client_key_path = n.good_key;
	CHECK_ERR("a client certificate", call_nginx(&o, "/who", &reply, &err), 0);
	CHECK_STR("a client certificate", reply.body, "CN=elsewhere");
	http_reply_done(&reply);

	str_copy(wrong, sizeof(wrong), n.pin);
	wrong[10] = wrong[10] == 'A' ? 'B' : 'A';
	o.pin = wrong;
	CHECK_ERR("another key", call_nginx(&o, "/who", &reply, &err), ERR_HTTP_PIN);
	o.pin = "sha256//";
	CHECK_ERR("no key at all", call_nginx(&o, "/who", &reply, &err), ERR_HTTP_PIN);
	o.pin = NULL;
	CHECK_ERR("the system's roots", call_nginx(&o, "/who", &reply, &err), ERR_HTTP);
	assert_non_null(strstr(err.msg, "--pin"));
	stop();
}

static int set_up(void **state)
{
	(void)state;
	setenv("https_proxy", "http://127.0.0.1:9", 1); /* must change nothing */
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	stop();
	return file_remove_tree(folder, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_tls)};

	return cmocka_run_group_tests_name("base/http_client TLS", tests, set_up, tear_down);
}
