/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of installed hosts: any JSON gives a network whose texts are clean, or an error. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <base/json.h>
#include <base/str.h>
#include <proto/network.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct network n;
	autojson json_t *doc = NULL;
	struct err err = ERR_INIT;

	if (json_load_strict(data, size, NETWORK_MAX_BYTES, &doc, &err) < 0)
		return 0;
	IGNORE_RESULT(network_check(doc, false, &err));
	if (network_parse(doc, &n, &err) < 0)
		return 0;
	for (size_t i = 0; i < n.n_links; i++)
		for (const char *p = n.links[i].name; *p; p++)
			BUG_ON(*p <= ' ' || *p == '"' || *p == '=');
	return 0;
}
