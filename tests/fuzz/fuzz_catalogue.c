/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a file of the burn-in catalogue, and as what a test program prints.
 */
#include <stddef.h>
#include <stdint.h>

#include <base/str.h>
#include <burnin/catalogue.h>
#include <burnin/program_lines.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	static const component_list none;
	const struct catalogue_values values = {1, 2, 3, 4, "quick"};
	struct program_outcome outcome;
	struct catalogue_test t;

	const struct catalogue_test *test = &catalogue_builtin()->tests[0];

	if (catalogue_parse((const char *)p, n_bytes, &t, NULL) == 0) {
		test = &t;
		BUG_ON(!*t.id || t.symptom == SYMPTOM_NONE);
		for (size_t i = 0; t.args[i]; i++)
			free(catalogue_fill(t.args[i], &values));
	}
	program_lines_read(&(struct program_reader){.test = test, .components = &none},
			   TOOL_EXITED(0), (const char *)p, n_bytes, &outcome);
	BUG_ON(outcome.verdict == TOOL_PASSED && !outcome.n_passed);
	catalogue_test_done(&t);
	return 0;
}
