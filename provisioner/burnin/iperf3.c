/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iperf3, as JSON (-J) or as text; see tool_output.h. What the receiver counts is the rate: the sender
 * counts what it put into its own buffers, too. It prints a document also when it fails.
 */
#include <burnin/tool_output.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <base/json.h>
#include <base/str.h>
#include <burnin/vendor_json.h>

#define RATE_MAX 1e15 /* bits a second; what is more is not one */

static int64_t mbps_of(double bits_per_second)
{
	return bits_per_second >= 0 && bits_per_second <= RATE_MAX
		       ? (int64_t)(bits_per_second / 1e6)
		       : -1;
}

static bool read_json(json_t *doc, int64_t *ret_mbps, int64_t *ret_lost)
{
	json_t *received = vendor_json_at(doc, "end/sum_received");
	json_t *sum = received ? received : vendor_json_at(doc, "end/sum");
	json_t *rate = json_object_get(sum, "bits_per_second");
	int64_t bytes = vendor_json_count(json_object_get(sum, "bytes"));
	int64_t lost = vendor_json_count(vendor_json_at(doc, "end/sum/lost_packets"));

	*ret_lost = lost > 0 ? lost : 0;
	if (!json_is_number(rate))
		return false;
	*ret_mbps = mbps_of(json_number_value(rate));
	return bytes > 0 && *ret_mbps >= 0;
}

/* "[SUM]   0.00-10.00  sec  1.09 GBytes   937 Mbits/sec    0             receiver"; some languages
 * write a comma in the number. */
static bool read_rate(struct sv line, int64_t *ret_mbps)
{
	static const struct {
		const char *unit;
		double factor;
	} units[] = {
		{" Gbits/sec", 1e9}, {" Mbits/sec", 1e6}, {" Kbits/sec", 1e3}, {" bits/sec", 1}};

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		const char *at = memmem(line.p, line.n, units[i].unit, strlen(units[i].unit));
		char number[24] = "", *end;
		size_t n = 0;

		while (at && n + 1 < sizeof(number) && at - n > line.p && at[-1 - (long)n] != ' ')
			n++;
		if (n == 0)
			continue;
		memcpy(number, at - n, n);
		if (strchr(number, ','))
			*strchr(number, ',') = '.';
		double value = strtod(number, &end);
		if (!isdigit((unsigned char)*number) || *end)
			return false;
		*ret_mbps = mbps_of(value * units[i].factor);
		return *ret_mbps >= 0 && value > 0;
	}
	return false;
}

/* The last line of the receiver stands for all streams. */
static bool read_text(const char *output, int64_t *ret_mbps)
{
	struct sv rest = sv_of(output);
	bool found = false;

	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');

		if (memmem(line.p, line.n, "receiver", strlen("receiver")))
			found = read_rate(line, ret_mbps);
	}
	return found;
}

static const char *error_line(const char *output)
{
	const char *at = strstr(output, "iperf3: error - ");

	return at ? at : "";
}

void tool_read_iperf3(struct tool_end end, const char *output, struct tool_outcome *ret,
		      int64_t *ret_mbps)
{
	autojson json_t *doc = NULL;
	bool moved;
	char text[96];

	*ret = (struct tool_outcome){0};
	*ret_mbps = -1;
	bool is_json = vendor_json_load(output, strlen(output), &doc, NULL) == 0;
	const char *error = is_json ? vendor_json_text(doc, "error") : error_line(output);
	moved = is_json ? read_json(doc, ret_mbps, &ret->n_errors) : read_text(output, ret_mbps);
	if (*error) {
		tool_outcome_set(ret, TOOL_NOT_RUN, error, strcspn(error, "\n"));
		return;
	}
	if (end.signal || end.status)
		text_print(text, sizeof(text), "iperf3 ended with %s %d",
			   end.signal ? "signal" : "status", end.signal ? end.signal : end.status);
	else if (!moved)
		text_print(text, sizeof(text), "iperf3: the other end received nothing");
	else
		text_print(text, sizeof(text), "the other end received %lld Mb/s",
			   (long long)*ret_mbps);
	tool_outcome_set(ret, moved && !end.signal && !end.status ? TOOL_PASSED : TOOL_NOT_RUN,
			 text, strlen(text));
}
