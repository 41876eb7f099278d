/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tests of the catalogue that the agent does itself, as a table; those of programs need no
 * row.
 */
#include "burn.h"

/* The functions of the catalogue's tests. */
static const struct burn_test {
	const char *id;
	enum burn_end (*run)(struct burn *b, const char *step);
} tests[] = {
	{"smart", burn_test_smart},
	{"cpu-verify", burn_test_cpu},
	{"memory-pattern", burn_test_memory},
	{"disk-read", burn_test_disk_read},
	{"pcie-links", burn_test_links},
	{"smart-after", burn_test_smart},
	{"counters", burn_test_counters},
	{BURN_SELF_TEST, burn_test_self_test},
	{"network", burn_test_network},
	{"clock", burn_test_clock},
	{"tpm", burn_test_tpm},
	{"memory-nodes", burn_test_nodes},
};

bool burn_test_run(const char *id, struct burn *b, enum burn_end *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(tests); i++) {
		if (!str_eq(tests[i].id, id))
			continue;
		if (b)
			*ret = tests[i].run(b, id);
		return true;
	}
	return false;
}
