/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's multi interface on sd-event: libcurl says which sockets and which time it waits for, we
 * tell it when they come. Input: status lines of receivers that an administrator named.
 */
#include "webhook_post.h"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <base/cleanup.h>
#include <base/str.h>
#include <server/flow/outbound.h>

#define CONNECT_TIMEOUT_MS 5000L

struct webhook_post {
	CURLM *multi;
	sd_event *event;
	const struct outbound *outbound;
	sd_event_source *timer;
	struct running *first;
};

struct running {
	struct webhook_post *engine;
	CURL *easy;
	struct curl_slist *headers;
	char text[CURL_ERROR_SIZE];
	struct err refused; /* the address that was not connected to */
	webhook_post_end end;
	void *arg;
	struct running *next;
};

static void running_free(struct running *r)
{
	struct running **p = &r->engine->first;

	while (*p && *p != r)
		p = &(*p)->next;
	if (*p)
		*p = r->next;
	(void)curl_multi_remove_handle(r->engine->multi, r->easy);
	curl_easy_cleanup(r->easy);
	curl_slist_free_all(r->headers);
	free(r);
}

/* ---- the event loop -------------------------------------------------------------------------- */

static void finish(struct running *r, CURLcode code)
{
	webhook_post_end end = r->end;
	void *arg = r->arg;
	long status = 0;
	autofree char *why = xstrdup(r->refused.code ? r->refused.msg
				     : r->text[0]    ? r->text
						     : curl_easy_strerror(code));

	if (code == CURLE_OK)
		(void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	running_free(r); /* first: the caller may start the next one */
	end(arg, (int)status, why);
}

static void collect(struct webhook_post *w)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(w->multi, &left))) {
		char *r = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode code = m->data.result; /* m dies with its handle */
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &r);
		finish((struct running *)(void *)r, code);
	}
}

static int on_socket(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct webhook_post *w = arg;
	int mask = 0, running;

	(void)s;
	if (events & (EPOLLIN | EPOLLHUP))
		mask |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		mask |= CURL_CSELECT_OUT;
	if (events & EPOLLERR)
		mask |= CURL_CSELECT_ERR;
	(void)curl_multi_socket_action(w->multi, fd, mask, &running);
	collect(w);
	return 0;
}

static int on_timer(sd_event_source *s, uint64_t usec, void *arg)
{
	struct webhook_post *w = arg;
	int running;

	(void)s;
	(void)usec;
	(void)curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(w);
	return 0;
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct webhook_post *w = arg;
	sd_event_source *source = socket_arg;
	uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0U) |
			  (what & CURL_POLL_OUT ? EPOLLOUT : 0U);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		sd_event_source_disable_unref(source);
		(void)curl_multi_assign(w->multi, fd, NULL);
		return 0;
	}
	if (source)
		return sd_event_source_set_io_events(source, events) < 0 ? -1 : 0;
	if (sd_event_add_io(w->event, &source, fd, events, on_socket, w) < 0)
		return -1;
	(void)sd_event_source_set_description(source, "webhook");
	(void)curl_multi_assign(w->multi, fd, source);
	return 0;
}

static int want_time(CURLM *multi, long timeout_ms, void *arg)
{
	struct webhook_post *w = arg;

	(void)multi;
	if (timeout_ms < 0)
		return sd_event_source_set_enabled(w->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
	(void)sd_event_source_set_time_relative(w->timer, (uint64_t)timeout_ms * 1000);
	return sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

int webhook_post_new(struct sd_event *event, const struct outbound *outbound,
		     struct webhook_post **ret, struct err *err)
{
	struct webhook_post *w = xcalloc(1, sizeof(*w));

	w->event = event;
	w->outbound = outbound;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == 0)
		w->multi = curl_multi_init();
	if (!w->multi ||
	    sd_event_add_time_relative(event, &w->timer, CLOCK_BOOTTIME, 0, 0, on_timer, w) < 0 ||
	    sd_event_source_set_enabled(w->timer, SD_EVENT_OFF) < 0) {
		webhook_post_free(w);
		return err_set(err, ERR_SYS, "cannot prepare to call webhooks");
	}
	(void)sd_event_source_set_description(w->timer, "webhooks' timeouts");
	(void)curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	(void)curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
	(void)curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, want_time);
	(void)curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
	*ret = w;
	return 0;
}

void webhook_post_free(struct webhook_post *w)
{
	if (!w)
		return;
	while (w->first)
		running_free(w->first);
	if (w->multi)
		(void)curl_multi_cleanup(w->multi);
	sd_event_source_disable_unref(w->timer);
	free(w);
}

/* ---- one POST -------------------------------------------------------------------------------- */

static size_t throw_away(char *p, size_t size, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return size * n;
}

/* The name was resolved: what it says now counts, not what it said when the webhook was made. The
 * socket is connected to this address and to no other. */
static curl_socket_t open_allowed(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct running *r = arg;

	(void)purpose;
	if (outbound_check(r->engine->outbound, &to->addr, &r->refused) < 0)
		return CURL_SOCKET_BAD;
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static void set_options(struct running *r, const struct webhook_post_call *call)
{
	CURL *c = r->easy;

	for (const char *const *h = call->headers; h && *h; h++)
		r->headers = curl_slist_append(r->headers, *h);
	r->headers = curl_slist_append(r->headers, "Expect:");
	(void)curl_easy_setopt(c, CURLOPT_URL, call->url);
	(void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(c, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_allowed);
	(void)curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, r);
	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	(void)curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
	(void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, r->headers);
	(void)curl_easy_setopt(c, CURLOPT_POST, 1L);
	(void)curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(call->body));
	(void)curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, call->body);
	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, throw_away);
	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, r->text);
	(void)curl_easy_setopt(c, CURLOPT_PRIVATE, r);
}

int webhook_post_start(struct webhook_post *w, const struct webhook_post_call *call,
		       struct err *err)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		return err_set(err, ERR_HTTP, "cannot make a request");
	struct running *r = xcalloc(1, sizeof(*r));
	*r = (struct running){
		.engine = w, .easy = easy, .end = call->end, .arg = call->arg, .next = w->first};
	w->first = r;
	set_options(r, call);
	CURLMcode code = curl_multi_add_handle(w->multi, easy);
	if (code == CURLM_OK)
		return 0;
	running_free(r);
	return err_set(err, ERR_HTTP, "cannot start a request: %s", curl_multi_strerror(code));
}
