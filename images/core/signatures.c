/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signatures document and the bytes that are signed; see images/signatures.h. A broken
 * signature inside a well-formed document is not an error here: it simply will not count.
 */
#include <images/signatures.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>

void dsse_pae(const char *type, const void *body, size_t n_bytes, uint8_t **ret,
	      size_t *ret_n_bytes)
{
	char head[256];
	int n_head = snprintf(head, sizeof(head), "DSSEv1 %zu %s %zu ", strlen(type), type,
			      n_bytes);
	uint8_t *pae;

	BUG_ON(n_head < 0 || (size_t)n_head >= sizeof(head));
	pae = xmalloc((size_t)n_head + n_bytes);
	memcpy(pae, head, (size_t)n_head);
	if (n_bytes)
		memcpy(pae + n_head, body, n_bytes);
	*ret = pae;
	*ret_n_bytes = (size_t)n_head + n_bytes;
}

static int parse_signature(const struct json_reader *parent, json_t *item, size_t i,
			   struct signature *ret)
{
	struct json_reader r = json_reader_item(parent, item, "signatures", i);
	const char *id = json_need_hex(&r, "keyid", 2 * (size_t)SHA256_BYTES);
	const char *sig = json_need_str(&r, "sig", 4, 2 * (size_t)SIGNATURE_MAX_BYTES);
	autofree uint8_t *bytes = NULL;

	TRY(json_reader_end(&r));
	(void)hex_decode(id, ret->key_id, SHA256_BYTES);
	TRY(base64_decode(sig, SIGNATURE_MAX_BYTES, &bytes, &ret->n_bytes, r.err));
	memcpy(ret->bytes, bytes, ret->n_bytes);
	return 0;
}

int signatures_from_json(struct json_reader *r, struct signatures *ret)
{
	json_t *list = json_need_arr(r, "signatures", SIGNATURES_MAX);

	if (r->status)
		return r->status;
	ret->n = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		TRY(parse_signature(r, json_array_get(list, i), i, &ret->items[i]));
		ret->n++;
	}
	return 0;
}

static int parse_document(const void *p, size_t n_bytes, struct signatures *ret, struct err *err)
{
	autojson json_t *doc = NULL;
	autofree char *again = NULL;
	struct json_reader r;

	TRY(json_load_strict(p, n_bytes, SIGNATURES_MAX_BYTES, &doc, err));
	r = json_reader_root(doc, err);
	TRY(signatures_from_json(&r, ret));
	TRY(json_reader_end(&r));
	again = json_text(doc);
	if (strlen(again) != n_bytes || memcmp(again, p, n_bytes))
		return err_set(err, ERR_IMAGE_NOT_CANONICAL,
			       "the bytes are not what encoding the document gives");
	return 0;
}

int signatures_parse(const void *p, size_t n_bytes, struct signatures *ret, struct err *err)
{
	struct err why = ERR_INIT;

	if (!parse_document(p, n_bytes, ret, &why))
		return 0;
	if (why.code != ERR_IMAGE_NOT_CANONICAL)
		why.code = ERR_IMAGE_SIGNATURES;
	(void)err_wrap(&why, "signatures");
	if (err)
		*err = why;
	return -why.code;
}

json_t *signatures_to_json(const struct signatures *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n; i++) {
		char id[SHA256_HEX_BYTES];
		autofree char *sig = base64_encode(s->items[i].bytes, s->items[i].n_bytes);

		hex_encode(s->items[i].key_id, SHA256_BYTES, id);
		json_array_append_new(list, json_pack("{s:s, s:s}", "keyid", id, "sig", sig));
	}
	return list;
}

char *signatures_encode(const struct signatures *s)
{
	autojson json_t *doc = json_pack("{s:o}", "signatures", signatures_to_json(s));

	BUG_ON(!doc);
	return json_text(doc);
}
