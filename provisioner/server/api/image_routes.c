/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/images: upload an archive, list and show images. The upload is spooled to a file, checked
 * and unpacked by images/core in a child without rights; the request waits for the child meanwhile.
 * Input: archives from authenticated people, believed only as far as their signatures.
 */
#include "tables.h"

#include <systemd/sd-event.h>
#include <sys/epoll.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/token.h>
#include "write.h"
#include <server/flow/latest.h>

#define IMAGE_MAX_BYTES (64ULL * 1024 * 1024 * 1024)
#define IMPORT_WAIT_MS  (3600 * 1000LL)

/* One running import; belongs to its request, or to itself when the client went away. */
struct import {
	struct api *api;
	struct object_import *child;
	sd_event_source *source;
	char topic[48];
	const struct http_route *route;
	char who[80], peer[64];
	char upload[OBJECT_UPLOAD_ID_BYTES];      /* or "" when the body was the archive */
	char rollback_reason[IMAGE_REASON_BYTES]; /* or "" */
	bool ended, abandoned;
	struct manifest *manifest;
	struct err err;
};

static void import_free(struct import *i)
{
	sd_event_source_disable_unref(i->source);
	if (i->child)
		object_import_cancel(i->child);
	manifest_free(i->manifest);
	free(i);
}

static void on_request_gone(void *state)
{
	struct import *i = state;

	if (i->ended)
		import_free(i);
	else
		i->abandoned =
			true; /* the import goes on: it is nearly free by now, and idempotent */
}

static int append_event(struct import *i, struct err *err)
{
	char digest[SHA256_HEX_BYTES];

	hex_encode(i->manifest->digest, SHA256_BYTES, digest);
	autofree char *summary = xasprintf("image %s %s for %s was imported", i->manifest->line,
					   i->manifest->version, image_arch_str(i->manifest->arch));
	autojson json_t *detail = json_pack("{s:s, s:s, s:s}", "digest", digest, "line",
					    i->manifest->line, "version", i->manifest->version);
	if (i->rollback_reason[0])
		(void)json_object_set_new(detail, "rollback_reason",
					  json_string(i->rollback_reason));
	struct event_draft e = {
		.kind = "image.imported", .actor = i->who, .summary = summary, .detail = detail};
	return event_append(i->api->flow->db, &e, flow_now_us(i->api->flow), NULL, err);
}

/* The event and the audit entry together; a refusal is audited, too. */
static int record(struct import *i, int import_status, struct err *err)
{
	int status = import_status < 0 ? http_status_of(i->err.code) : 201;
	const struct audit_entry e = {.who = i->who,
				      .peer = i->peer,
				      .method = i->route->method,
				      .path = i->route->pattern,
				      .status = status,
				      .reason = import_status < 0 ? err_name(i->err.code) : NULL};

	TRY(db_begin(i->api->flow->db, err));
	int rc = import_status < 0 ? 0 : append_event(i, err);
	if (rc >= 0)
		rc = audit_append(i->api->flow->db, &e, flow_now_us(i->api->flow), err);
	return db_end(i->api->flow->db, rc, err);
}

static int on_child(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct import *i = arg;

	(void)source;
	(void)fd;
	(void)events;
	i->source = sd_event_source_disable_unref(i->source);
	struct err lost = ERR_INIT;
	int rc = object_import_finish(take_ptr(i->child), &i->manifest, &i->err);
	if (i->upload[0]) /* also when it was refused: nothing of it is left */
		object_upload_remove(i->api->flow->objects, i->upload);
	if (record(i, rc, &lost) < 0 && rc >= 0) {
		i->err = lost;
		rc = -lost.code;
	}
	if (rc >= 0)
		log_ev(LOG_NOTICE, "image.imported", KV("line", (const char *)i->manifest->line),
		       KV("version", (const char *)i->manifest->version),
		       KV("who", (const char *)i->who),
		       KV("rollback_reason", (const char *)i->rollback_reason));
	else
		log_err(LOG_WARNING, "image.refused", &i->err, KV("who", (const char *)i->who));
	i->ended = true;
	notices_all_hosts(i->api->flow);
	http_notify(i->api->http, i->topic);
	if (i->abandoned)
		import_free(i);
	return 0;
}

static int import_start(struct http_request *r, int fd, const char *upload, struct err *err)
{
	struct api *api = http_context(r);
	struct import *i = xcalloc(1, sizeof(*i));

	i->api = api;
	i->route = http_request_route(r);
	(void)str_copy(i->upload, sizeof(i->upload), upload ? upload : "");
	(void)str_copy(i->who, sizeof(i->who), http_identity(r)->who);
	(void)str_copy(i->peer, sizeof(i->peer), http_peer(r));
	snprintf(i->topic, sizeof(i->topic), "import:%lld", (long long)api->next_import++);
	const char *reason = http_query(r, "rollback_reason");
	(void)str_copy(i->rollback_reason, sizeof(i->rollback_reason), reason ? reason : "");
	int rc = object_import_start(api->flow->objects, fd, api->flow->root, reason, &i->child,
				     err);
	if (rc >= 0 && sd_event_add_io(api->flow->event, &i->source, object_import_pidfd(i->child),
				       EPOLLIN, on_child, i) < 0)
		rc = err_set(err, ERR_SYS, "cannot watch the import");
	if (rc < 0) {
		import_free(i);
		return rc;
	}
	http_set_state(r, i, on_request_gone);
	return http_wait(r, i->topic, IMPORT_WAIT_MS);
}

/* The manifest for people and programs; boot sectors are neither's. */
static json_t *image_json(const struct manifest *m)
{
	autofree char *text = manifest_show_json(m);
	json_t *doc = text ? json_loads(text, 0, NULL) : NULL;

	if (doc)
		(void)json_object_del(doc, "boot_code");
	return doc;
}

static int import_answer(struct http_request *r, struct import *i, struct err *err)
{
	if (!i->ended)
		return http_wait_over(r)
			       ? err_set(err, ERR_TIMEOUT, "the import takes longer than an hour")
			       : http_wait(r, i->topic, IMPORT_WAIT_MS);
	if (i->err.code) {
		*err = i->err;
		return -err->code;
	}
	return http_reply_json(r, 201, image_json(i->manifest));
}

static int import_upload(struct http_request *r, const char *id, struct err *err)
{
	struct api *api = http_context(r);
	autoclose int fd = -1;

	TRY(object_upload_open(api->flow->objects, id, &fd, err));
	return import_start(r, fd, id, err); /* the child has it open, too */
}

static int post_image(struct http_request *r, struct err *err)
{
	static const char *const names[] = {"rollback_reason", "upload", NULL};
	struct import *running = http_state(r);
	uint64_t n;

	if (running)
		return import_answer(r, running, err);
	TRY(api_check_match(r, err));
	TRY(http_query_only(r, names, err));
	int fd = http_body_fd(r, &n);
	const char *upload = http_query(r, "upload");
	if (upload)
		return import_upload(r, upload, err);
	if (fd < 0 || n == 0)
		return err_set(err, ERR_IMAGE_NOT_ARCHIVE, "the body is empty");
	return import_start(r, fd, NULL, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool add_to_list(void *arg, const struct manifest *m)
{
	json_t *doc = image_json(m);

	if (doc)
		json_array_append_new(arg, doc);
	return true;
}

static int get_images(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	autojson json_t *list = json_array();

	TRY(object_store_list(api->flow->objects, add_to_list, list, err));
	return http_reply_json(r, 200, json_pack("{s:O}", "images", list));
}

static int get_image(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	AUTO(manifest) struct manifest *m = NULL;

	TRY(latest_find(api->flow, http_param(r, "name"), http_query(r, "arch"), &m, err));
	return http_reply_json(r, 200, image_json(m));
}

/* ---- removing -------------------------------------------------------------------------------- */

/* After the commit: a removal that is recorded and then lost is better than one unrecorded. */
static void removed(struct write *w)
{
	struct err err = ERR_INIT;

	if (object_store_remove(w->flow->objects, http_state(w->request), &err) < 0)
		log_err(LOG_ERR, "image.kept", &err);
}

/* An image that a host is being given, or may be given at any moment, stays. */
static int check_unused(struct write *w, const uint8_t *image, struct err *err)
{
	char digest[SHA256_HEX_BYTES];
	int64_t n = 0;

	hex_encode(image, SHA256_BYTES, digest);
	TRY(flow_arms_of_image(w->flow->db, digest, flow_now_us(w->flow), &n, err));
	return n == 0 ? 0
		      : err_set(err, ERR_CONFLICT, "%lld hosts are armed with this image",
				(long long)n);
}

/* What cannot be read any more can still be removed, by its digest. owns: *ret_summary is the
 * caller's (free). */
static int find_to_remove(struct flow *flow, const char *name, const char *arch,
			  uint8_t *ret_digest, char **ret_summary, struct err *err)
{
	AUTO(manifest) struct manifest *m = NULL;
	int rc = object_store_find(flow->objects, name, arch, &m, err);

	if (rc == -ERR_IMAGE_DAMAGED && object_name_is_digest(name, ret_digest)) {
		err_clear(err);
		*ret_summary = xasprintf("image %.12s, which was damaged, was removed", name);
		return 0;
	}
	TRY(rc);
	memcpy(ret_digest, m->digest, SHA256_BYTES);
	*ret_summary = xasprintf("image %s %s for %s was removed", m->line, m->version,
				 image_arch_str(m->arch));
	return 0;
}

static int remove_work(struct write *w, struct err *err)
{
	struct http_request *r = w->request;
	autofree uint8_t *digest = xmalloc(SHA256_BYTES);
	autofree char *summary = NULL;

	TRY(find_to_remove(w->flow, http_param(r, "name"), http_query(r, "arch"), digest, &summary,
			   err));
	TRY(check_unused(w, digest, err));
	http_set_state(r, take_ptr(digest), free);
	struct event_draft e = {.kind = "image.removed", .actor = w->who, .summary = summary};
	w->status = 204;
	w->after = removed;
	return event_append(w->flow->db, &e, flow_now_us(w->flow), NULL, err);
}

const struct http_route image_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/images", READ, 0, get_images, "images in the store"),
	API_CHANGE_BY(POST, "/api/v1/images", IMAGE_IMPORT, IMAGE_MAX_BYTES, post_image, NULL,
		      "import a signed archive", .body = HTTP_BODY_FILE, .audits_itself = true),
	API_CHANGE(DELETE, "/api/v1/images/{name}", IMAGE_IMPORT, 0, remove_work,
		   "forget an image; hosts that run it keep it"),
	HTTP_ROUTE(GET, "/api/v1/images/{name}", READ, 0, get_image, "one image's manifest"),
};
const size_t n_image_routes = ARRAY_LEN(image_routes);
