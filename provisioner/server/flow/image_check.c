/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of stored images on a host's complaint; see image_check.h. Input: words of agents, who can
 * make us read an image, one at a time and no more.
 */
#include "image_check.h"

#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>

#define CHECKS_MAX 4

struct image_check {
	struct flow *flow;
	struct image_check *next;
	struct object_check *child;
	sd_event_source *source;
	char digest[SHA256_HEX_BYTES];
	int64_t host_num;
};

static void check_free(struct image_check *c)
{
	struct image_check **at = &c->flow->image_checks;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
	sd_event_source_disable_unref(c->source);
	object_check_cancel(c->child);
	free(c);
}

static int append_verdict(struct image_check *c, const struct object_check_result *r,
			  struct err *err)
{
	struct flow *flow = c->flow;
	autofree char *summary =
		r->n_bad ? xasprintf("image %.12s: %zu of its %zu objects are damaged in the "
				     "store and now in quarantine; import it again",
				     c->digest, r->n_bad, r->n_objects)
			 : xasprintf("image %.12s is sound in the store: the bytes were changed "
				     "between here and the host",
				     c->digest);
	autojson json_t *detail = json_pack("{s:s, s:I, s:I, s:s}", "image", c->digest, "objects",
					    (json_int_t)r->n_objects, "damaged",
					    (json_int_t)r->n_bad, "first_damaged", r->first_bad);
	struct event_draft e = {.host_num = c->host_num,
				.kind = r->n_bad ? "image.damaged" : "image.sound",
				.summary = summary,
				.detail = detail};

	TRY(db_begin(flow->db, err));
	return db_end(flow->db, event_append(flow->db, &e, flow_now_us(flow), NULL, err), err);
}

static int on_child(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct image_check *c = arg;
	struct object_check_result r = {0};
	struct err err = ERR_INIT;

	(void)source;
	(void)fd;
	(void)events;
	c->source = sd_event_source_disable_unref(c->source);
	int rc = object_check_finish(take_ptr(c->child), &r, &err);
	if (rc >= 0) {
		log_ev(r.n_bad ? LOG_ALERT : LOG_NOTICE, r.n_bad ? "image.damaged" : "image.sound",
		       KV("image", (const char *)c->digest),
		       KV("object", (const char *)r.first_bad), KV("damaged", (int64_t)r.n_bad));
		rc = append_verdict(c, &r, &err);
	}
	if (rc < 0)
		log_err(LOG_ERR, "image.check", &err, KV("image", (const char *)c->digest));
	notices_events(c->flow);
	check_free(c);
	return 0;
}

static bool is_running(const struct flow *flow, const char *digest)
{
	int n = 0;

	for (const struct image_check *c = flow->image_checks; c; c = c->next, n++)
		if (str_eq(c->digest, digest))
			return true;
	return n >= CHECKS_MAX;
}

void image_check_start(struct flow *flow, const char *digest, int64_t host_num)
{
	uint8_t image[SHA256_BYTES];
	struct err err = ERR_INIT;
	int pidfd;

	if (is_running(flow, digest) || !hex_decode(digest, image, sizeof(image)))
		return;
	struct image_check *c = xcalloc(1, sizeof(*c));
	c->flow = flow;
	c->host_num = host_num;
	(void)str_copy(c->digest, sizeof(c->digest), digest);
	int rc = object_check_start(flow->objects, image, &c->child, &pidfd, &err);
	if (rc >= 0 && sd_event_add_io(flow->event, &c->source, pidfd, EPOLLIN, on_child, c) < 0)
		rc = err_set(&err, ERR_SYS, "cannot watch the check");
	if (rc < 0) {
		log_err(LOG_ERR, "image.check", &err, KV("image", digest));
		check_free(c);
		return;
	}
	(void)sd_event_source_set_description(c->source, "image check");
	c->next = flow->image_checks;
	flow->image_checks = c;
}

void image_check_stop(struct flow *flow)
{
	while (flow->image_checks)
		check_free(flow->image_checks);
}
