/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the output of the load and health tools, and as an OCP record. The first byte is the
 * status or the signal.
 */
#include <stddef.h>
#include <stdint.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <burnin/bmc_text.h>
#include <burnin/edac_text.h>
#include <burnin/ethtool_text.h>
#include <burnin/fru_text.h>
#include <burnin/kernel_log.h>
#include <burnin/verdict.h>
#include <burnin/smart.h>
#include <burnin/tool_output.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

static void ignore(void *arg, const struct burnin_finding *finding)
{
	(void)arg;
	BUG_ON(!*finding->message);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	struct tool_outcome outcome;
	struct smart_health health;
	struct tool_end end;
	static const component_list none;
	struct component part = {.kind = COMPONENT_SUPPLY, .location = "PS1"};
	int64_t mbps;
	autojson json_t *record = NULL;

	if (n_bytes == 0)
		return 0;
	autofree char *text = xstrndup((const char *)p + 1, n_bytes - 1);
	end = p[0] < 192 ? TOOL_EXITED(p[0]) : (struct tool_end){.signal = p[0] - 191};
	tool_read_iperf3(end, text, &outcome, &mbps);
	fru_text_fill(text, n_bytes - 1, &part);
	tool_read_stress_ng(end, text, &outcome);
	tool_read_stressapptest(end, text, &outcome);
	tool_read_memtester(end, text, &outcome);
	tool_read_fio(end, text, &outcome);
	if (tool_read_smart(end, text, n_bytes - 1, &health, NULL) == 0)
		(void)smart_judge(&health, NULL, ignore, NULL);
	struct self_test self_test;
	IGNORE_RESULT(tool_read_self_test(text, n_bytes - 1, &self_test, NULL));
	if (tool_read_nvme(end, text, n_bytes - 1, &health, NULL) == 0)
		(void)smart_judge(&health, NULL, ignore, NULL);
	(void)kernel_log_read(&(struct kernel_log_reader){.components = &none, .found = ignore},
			      text, n_bytes - 1);
	(void)bmc_sensors_read(text, n_bytes - 1, ignore, NULL);
	(void)bmc_events_read(text, n_bytes - 1, ignore, NULL);
	(void)edac_text_read(text, n_bytes - 1, &none, ignore, NULL);
	(void)ethtool_text_read(text, n_bytes - 1, ignore, NULL);
	if (json_load_strict(p + 1, n_bytes - 1, LIMIT_JSON_BODY_BYTES, &record, NULL) == 0)
		IGNORE_RESULT(ocp_check_record(record, NULL));
	return 0;
}
