/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP as a pulled stream over libcurl's multi interface; see fetch.h. base/http_client.h is for
 * requests whose answer is small; here gigabytes pass, in place, with resumption.
 */
#include "fetch.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include <base/json.h>
#include <base/str.h>

#define CURL_BUFFER_BYTES  (512L * 1024)
#define CARRY_MAX_BYTES    (1024 * 1024) /* what one callback brings beyond what was wanted */
#define CONNECT_TIMEOUT_MS 10000L
#define STALL_S            60L
#define TRIES_MAX          6
#define POLL_MS            200

struct fetch {
	CURLM *multi;
	CURL *easy;
	struct fetch_options options;
	bool running;
	char *url;
	uint64_t next; /* offset of the byte that comes next from the stream */
	uint64_t end;  /* FETCH_TO_END: unknown */
	uint64_t skip; /* bytes to drop: the server ignored the range */
	bool checked;  /* status of this answer was looked at */
	bool refused;  /* the status is not one we can use */
	long status;
	CURLcode result; /* of a finished transfer */
	bool finished;
	unsigned tries;
	uint8_t *want; /* where the caller wants bytes now */
	size_t want_bytes;
	uint8_t *carry; /* arrived, not yet wanted */
	size_t carry_bytes, carry_at;
	uint64_t total_bytes;
};

static void init_curl(void)
{
	BUG_ON(curl_global_init(CURL_GLOBAL_DEFAULT));
}

/* Look at the answer's head once, before its first body byte. */
static bool answer_is_usable(struct fetch *f)
{
	if (f->checked)
		return !f->refused;
	f->checked = true;
	(void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &f->status);
	if (f->status == 200)
		f->skip = f->next;
	else if (f->status == 206)
		f->skip = 0;
	else
		f->refused = true;
	return !f->refused;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct fetch *f = arg;
	size_t n_bytes = size * n, take;

	if (!answer_is_usable(f))
		return 0;
	if (f->want_bytes == 0 && f->carry_bytes)
		return CURL_WRITEFUNC_PAUSE;
	if (f->skip) {
		take = f->skip < n_bytes ? (size_t)f->skip : n_bytes;
		f->skip -= take;
		p += take;
		n_bytes -= take;
	}
	if (f->end != FETCH_TO_END && n_bytes > f->end - f->next)
		n_bytes = (size_t)(f->end - f->next); /* more than was asked for: ignored */
	take = n_bytes < f->want_bytes ? n_bytes : f->want_bytes;
	memcpy(f->want, p, take);
	f->want += take;
	f->want_bytes -= take;
	f->next += n_bytes;
	f->total_bytes += n_bytes;
	f->tries = 0;
	BUG_ON(n_bytes - take > CARRY_MAX_BYTES);
	if (n_bytes > take) {
		memcpy(f->carry, p + take, n_bytes - take);
		f->carry_bytes = n_bytes - take;
		f->carry_at = 0;
	}
	return size * n;
}

static void set_options(struct fetch *f)
{
	CURL *e = f->easy;

	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, CURL_BUFFER_BYTES);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, STALL_S);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "slipway/" SLIPWAY_VERSION);
	if (f->options.pin) {
		curl_easy_setopt(e, CURLOPT_PINNEDPUBLICKEY, f->options.pin);
		curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

struct fetch *fetch_new(const struct fetch_options *options)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct fetch *f = xcalloc(1, sizeof(*f));

	BUG_ON(pthread_once(&once, init_curl));
	f->options = *options;
	f->multi = curl_multi_init();
	f->easy = curl_easy_init();
	BUG_ON(!f->multi || !f->easy);
	f->carry = xmalloc(CARRY_MAX_BYTES);
	set_options(f);
	return f;
}

static void stop_transfer(struct fetch *f)
{
	if (f->running)
		(void)curl_multi_remove_handle(f->multi, f->easy);
	f->running = false;
}

void fetch_free(struct fetch *f)
{
	if (!f)
		return;
	stop_transfer(f);
	curl_easy_cleanup(f->easy);
	(void)curl_multi_cleanup(f->multi);
	free(f->carry);
	free(f->url);
	free(f);
}

static int start_transfer(struct fetch *f, struct err *err)
{
	char range[64] = "";

	if (f->end != FETCH_TO_END)
		snprintf(range, sizeof(range), "%" PRIu64 "-%" PRIu64, f->next, f->end - 1);
	else if (f->next)
		snprintf(range, sizeof(range), "%" PRIu64 "-", f->next);
	curl_easy_setopt(f->easy, CURLOPT_RANGE, range[0] ? range : NULL);
	if (curl_easy_setopt(f->easy, CURLOPT_URL, f->url) != CURLE_OK ||
	    curl_multi_add_handle(f->multi, f->easy) != CURLM_OK)
		return err_set(err, ERR_HTTP, "cannot start a request for '%s'", f->url);
	f->running = true;
	f->checked = f->refused = f->finished = false;
	return 0;
}

int fetch_begin(struct fetch *f, const char *url, uint64_t offset, uint64_t n_bytes,
		struct err *err)
{
	stop_transfer(f);
	free(f->url);
	f->url = xstrdup(url);
	f->next = offset;
	f->end = n_bytes == FETCH_TO_END ? FETCH_TO_END : offset + n_bytes;
	f->carry_bytes = f->carry_at = 0;
	f->tries = 0;
	return start_transfer(f, err);
}

static void collect_result(struct fetch *f)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(f->multi, &left))) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		f->finished = true;
		f->result = msg->data.result;
	}
}

static int failure(const struct fetch *f, struct err *err)
{
	if (f->refused)
		return err_set(err, ERR_HTTP_STATUS, "'%s' gives status %ld", f->url, f->status);
	if (f->result == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
		return err_set(err, ERR_HTTP_PIN, "'%s' has another key than the pinned one",
			       f->url);
	if (f->result == CURLE_OPERATION_TIMEDOUT)
		return err_set(err, ERR_TIMEOUT, "'%s' sends nothing", f->url);
	return err_set(err, ERR_HTTP, "'%s': %s", f->url, curl_easy_strerror(f->result));
}

static bool is_final(const struct fetch *f)
{
	bool busy = f->status == 429 || f->status >= 500;

	return (f->refused && !busy) || f->result == CURLE_SSL_PINNEDPUBKEYNOTMATCH ||
	       f->result == CURLE_UNSUPPORTED_PROTOCOL || f->result == CURLE_URL_MALFORMAT ||
	       f->tries >= TRIES_MAX;
}

static bool was_cancelled(const struct fetch *f)
{
	return f->options.cancelled && f->options.cancelled(f->options.arg);
}

/* Nothing after progress, then 200 ms, 400 ms, ... 3.2 s, in slices, so that a stop is heard. */
static void back_off(const struct fetch *f)
{
	unsigned n_slices = f->tries > 1 ? 1U << f->tries : 0;

	for (; n_slices && !was_cancelled(f); n_slices--)
		(void)nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
}

/* The transfer is over and more is wanted: 1 when it was started again, 0 at the resource's end. */
static int continue_after_end(struct fetch *f, struct err *err)
{
	if (f->result == CURLE_OK && !f->checked)
		(void)answer_is_usable(f); /* an answer without a body */
	if (f->result == CURLE_OK && !f->refused && f->end == FETCH_TO_END)
		return 0;
	if (is_final(f))
		return failure(f, err);
	stop_transfer(f);
	f->tries++;
	back_off(f);
	TRY(start_transfer(f, err));
	return 1;
}

static size_t take_carried(struct fetch *f, uint8_t *p, size_t n_bytes)
{
	size_t n = f->carry_bytes - f->carry_at;

	if (n > n_bytes)
		n = n_bytes;
	memcpy(p, f->carry + f->carry_at, n);
	f->carry_at += n;
	if (f->carry_at == f->carry_bytes)
		f->carry_at = f->carry_bytes = 0;
	return n;
}

static int pump(struct fetch *f, struct err *err)
{
	int running = 0;

	if (was_cancelled(f))
		return err_set(err, ERR_CANCELLED, "stopped while fetching '%s'", f->url);
	if (curl_multi_perform(f->multi, &running) != CURLM_OK)
		return err_set(err, ERR_HTTP, "transfer of '%s' failed", f->url);
	collect_result(f);
	if (!f->finished && f->want_bytes)
		(void)curl_multi_poll(f->multi, NULL, 0, POLL_MS, NULL);
	return 0;
}

int fetch_read(struct fetch *f, void *p, size_t n_bytes, struct err *err)
{
	size_t had = take_carried(f, p, n_bytes);

	f->want = (uint8_t *)p + had;
	f->want_bytes = n_bytes - had;
	if (!f->carry_bytes)
		(void)curl_easy_pause(f->easy, CURLPAUSE_CONT);
	while (f->want_bytes) {
		if (f->finished) {
			int n = continue_after_end(f, err);

			if (n <= 0)
				return n;
		}
		TRY(pump(f, err));
	}
	return 1;
}

int fetch_all(struct fetch *f, const char *url, size_t max_bytes, char **ret_p, size_t *ret_n_bytes,
	      struct err *err)
{
	autofree char *p = xmalloc(max_bytes < 4096 ? max_bytes + 1 : 4096);
	size_t room = max_bytes < 4096 ? max_bytes + 1 : 4096, n = 0;
	int more;

	TRY(fetch_begin(f, url, 0, FETCH_TO_END, err));
	while ((more = fetch_read(f, p + n, 1, err)) == 1) {
		size_t extra = f->carry_bytes - f->carry_at;

		if (++n + extra > max_bytes)
			return err_set(err, ERR_TOO_BIG, "'%s' has more than %zu bytes", url,
				       max_bytes);
		while (n + extra + 1 >= room)
			p = xrealloc(p, room *= 2);
		n += take_carried(f, (uint8_t *)p + n, extra);
	}
	if (more < 0)
		return more;
	p[n] = '\0';
	*ret_n_bytes = n;
	*ret_p = take_ptr(p);
	return 0;
}

uint64_t fetch_total_bytes(const struct fetch *f)
{
	return f->total_bytes;
}
