/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Envelopes of signed documents; see images/envelope.h.
 */
#include <images/envelope.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

int envelope_parse(const void *p, size_t n_bytes, const char *type, size_t max_bytes,
		   struct envelope *ret, struct err *err)
{
	autojson json_t *doc = NULL;
	struct json_reader r;
	const char *type_here, *payload;
	uint8_t *bytes;

	*ret = (struct envelope){0};
	TRY(json_load_strict(p, n_bytes, max_bytes, &doc, err));
	r = json_reader_root(doc, err);
	type_here = json_need_str(&r, "payload_type", 1, 128);
	payload = json_need_str(&r, "payload", 4, max_bytes);
	if (type_here && !str_eq(type_here, type))
		json_reader_fail(&r, "payload_type", ERR_INVALID, "is not %s", type);
	TRY(signatures_from_json(&r, &ret->signatures));
	TRY(json_reader_end(&r));
	TRY(base64_decode(payload, max_bytes, &bytes, &ret->payload_bytes, err));
	ret->payload = xrealloc(bytes, ret->payload_bytes + 1);
	ret->payload[ret->payload_bytes] = '\0';
	return 0;
}

char *envelope_text(const struct envelope *e, const char *type)
{
	autofree char *payload = base64_encode(e->payload, e->payload_bytes);
	autojson json_t *doc = json_pack("{s:s, s:s, s:o}", "payload_type", type, "payload",
					 payload, "signatures", signatures_to_json(&e->signatures));

	BUG_ON(!doc);
	return json_text(doc);
}

void envelope_done(struct envelope *e)
{
	free(e->payload);
	*e = (struct envelope){0};
}

struct signed_document envelope_signed(const struct envelope *e, const char *type)
{
	return (struct signed_document){.type = type,
					.body = e->payload,
					.n_bytes = e->payload_bytes,
					.signatures = &e->signatures};
}

int envelope_read_file(const char *path, size_t max_bytes, char **ret, size_t *ret_n_bytes,
		       struct err *err)
{
	TRY(file_read(path, max_bytes, ret, ret_n_bytes, err));
	while (*ret_n_bytes && (*ret)[*ret_n_bytes - 1] == '\n')
		--*ret_n_bytes;
	return 0;
}
