/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the output of the load and health tools, and as an OCP record. The first byte is the
 * exit code.
 */
#include <stddef.h>
#include <stdint.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <burnin/record.h>
#include <burnin/tool_output.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	struct tool_outcome outcome;
	struct smart_health health;
	autojson json_t *record = NULL;

	if (n_bytes == 0)
		return 0;
	autofree char *text = xstrndup((const char *)p + 1, n_bytes - 1);
	tool_read_stress_ng(p[0], text, &outcome);
	tool_read_stressapptest(p[0], text, &outcome);
	tool_read_memtester(p[0], text, &outcome);
	(void)tool_read_smart(p[0], text, n_bytes - 1, &health, NULL);
	if (json_load_strict(p + 1, n_bytes - 1, LIMIT_JSON_BODY_BYTES, &record, NULL) == 0)
		(void)ocp_check_record(record, NULL);
	return 0;
}
