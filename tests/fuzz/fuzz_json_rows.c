/* SPDX-License-Identifier: Apache-2.0 */
/* Lists inside documents: what is read row by row is what the whole document says. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <base/json.h>
#include <base/json_rows.h>
#include <base/str.h>

static json_t *read_rows(struct json_rows *rows)
{
	json_t *list = json_array(), *row;
	struct err err = ERR_INIT;
	int more;

	while ((more = json_rows_next(rows, &row, &err)) == 1)
		(void)json_array_append_new(list, row);
	if (more == 0)
		return list;
	json_decref(list);
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct json_rows rows;
	autojson json_t *whole = NULL;

	/* one level less is left for a row in its list */
	if (size > 4096 || json_rows_cut((const char *)data, size, "rows", &rows, &err) != 1)
		return 0;
	size_t n = rows.n;
	autojson json_t *list = read_rows(&rows);
	if (json_load_strict(data, size, size, &whole, &err) < 0 && err.code == ERR_JSON && list)
		abort(); /* pieces are read that are not a document */
	if (whole && (!list || json_array_size(list) != n ||
		      !json_equal(list, json_object_get(whole, "rows"))))
		abort();
	json_rows_done(&rows);
	return 0;
}
