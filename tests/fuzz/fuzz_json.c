/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a JSON document: parsed strictly, then read through the typed getters.
 */
#include <stddef.h>
#include <stdint.h>

#include <base/json.h>
#include <base/limits.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	autojson json_t *doc = NULL;
	struct err err = ERR_INIT;
	struct json_reader r;

	if (json_load_strict(p, n_bytes, LIMIT_JSON_BODY_BYTES, &doc, &err) < 0)
		return 0;
	r = json_reader_root(doc, &err);
	(void)json_opt_str(&r, "name", 16, "");
	(void)json_opt_int(&r, "n", 0, 9, 0);
	(void)json_opt_bool(&r, "b", false);
	(void)json_opt_arr(&r, "a", 4);
	(void)json_opt_obj(&r, "o");
	(void)json_reader_end(&r);
	return 0;
}
