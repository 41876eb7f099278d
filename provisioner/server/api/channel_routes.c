/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/channel: the signed document that names the latest images; see flow/latest.h. Input:
 * documents of authenticated people, believed only as far as their signatures.
 */
#include "tables.h"

#include <base/json.h>
#include <base/str.h>
#include <server/flow/latest.h>
#include "write.h"

static json_t *answer(const struct flow *flow, const struct channel *c)
{
	autofree char *text = envelope_text(&c->document, CHANNEL_PAYLOAD_TYPE);
	json_t *doc = channel_json(c);

	(void)json_object_set_new(doc, "expired",
				  json_boolean(flow_now_us(flow) / 1000000 >= c->expires_s));
	(void)json_object_set_new(doc, "document", json_loads(text, 0, NULL));
	return doc;
}

static int get_channel(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	AUTO(channel) struct channel *c = NULL;
	int rc = latest_held(api->flow, &c, err);

	if (rc == -ERR_IMAGE_CHANNEL_MISSING)
		return err_set(err, ERR_NOT_FOUND, "no channel was imported yet");
	return rc < 0 ? rc : http_reply_json(r, 200, answer(api->flow, c));
}

struct channel_ask {
	const char *payload, *payload_type;
	json_t *signatures;
};

static const struct field signature_fields[] = {
	{.key = "keyid", .type = FIELD_HEX, .flags = FIELD_NEEDED, .size = SHA256_HEX_BYTES},
	{.key = "sig", .type = FIELD_VIEW, .flags = FIELD_NEEDED, .max = 2L * SIGNATURE_MAX_BYTES},
	F_END,
};

static const struct field channel_fields[] = {
	F_VIEW(struct channel_ask, "payload", payload, FIELD_NEEDED, CHANNEL_MAX_BYTES,
	       .about = "base64 of the signed document"),
	F_VIEW(struct channel_ask, "payload_type", payload_type, FIELD_NEEDED, 128,
	       .about = CHANNEL_PAYLOAD_TYPE),
	F_ARRAY(struct channel_ask, "signatures", signatures, FIELD_NEEDED, SIGNATURES_MAX,
		.sub = signature_fields),
	F_END,
};

static void imported(struct write *w)
{
	latest_tick(w->flow);
	notices_all_hosts(w->flow);
}

static int import_work(struct write *w, struct err *err)
{
	AUTO(channel) struct channel *c = NULL;
	autofree char *text = json_text(w->body);

	TRY(latest_import(w->flow, text, w->who, &c, err));
	w->status = 201;
	w->doc = answer(w->flow, c);
	w->after = imported;
	return 0;
}

const struct http_route channel_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/channel", READ, 0, get_channel,
		   "which image of each line is the latest, as the signed channel says"),
	API_CHANGE(POST, "/api/v1/channel", IMAGE_IMPORT, 2L * CHANNEL_MAX_BYTES, import_work,
		   "import a channel that is newer than the one here",
		   API_BODY(channel_fields, struct channel_ask)),
};
const size_t n_channel_routes = ARRAY_LEN(channel_routes);
