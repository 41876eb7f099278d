/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client of comparisons: asks one URL again and again over one kept connection, for ours and
 * for the peer alike, and prints answers per second and the bytes of the last one.
 * usage: http_load SECONDS unix:/SOCKET:/PATH | HOST:PORT/PATH [HEADER]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/http_client.h>
#include <base/limits.h>
#include <base/str.h>
#include "bench_report.h"

struct target {
	char *socket, *base, *path;
};

static bool parse_target(const char *text, struct target *ret)
{
	const char *at = str_starts(text, "unix:") ? strchr(text + 5, ':') : strchr(text, '/');

	if (!at)
		return false;
	if (text[0] == 'u') {
		ret->socket = xstrndup(text + 5, (size_t)(at - text - 5));
		ret->base = xstrdup("http://slipway");
		ret->path = xstrdup(at + 1);
	} else {
		ret->base = xasprintf("http://%.*s", (int)(at - text), text);
		ret->path = xstrdup(at);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct target t = {NULL, NULL, NULL};
	uint64_t seconds = 0, answers = 0;
	size_t bytes = 0;

	if (argc < 3 || argc > 4 || !parse_u64(argv[1], &seconds) || !parse_target(argv[2], &t)) {
		fputs("usage: http_load SECONDS unix:/SOCKET:/PATH | HOST:PORT/PATH [HEADER]\n",
		      stderr);
		return 2;
	}
	struct http_client_options o = {.base_url = t.base, .unix_socket = t.socket};
	AUTO(http_client) struct http_client *c = http_client_new(&o, &err);
	const char *const headers[] = {argv[3], NULL};
	double begin = bench_now_s();
	while (c && bench_now_s() - begin < (double)seconds) {
		struct http_reply reply = {0};
		struct http_call call = {
			.path = t.path, .headers = headers, .max_reply_bytes = 64 * MIB};
		if (http_client_call(c, &call, &reply, &err) < 0 || reply.status != 200) {
			fprintf(stderr, "http_load: %d %s\n", reply.status, err.msg);
			return 1;
		}
		bytes = reply.body_bytes;
		answers++;
		http_reply_done(&reply);
	}
	printf("%.2f %zu\n", (double)answers / (bench_now_s() - begin), bytes);
	free(t.socket);
	free(t.base);
	free(t.path);
	return c ? 0 : 1;
}
