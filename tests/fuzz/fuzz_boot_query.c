/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A boot query of any bytes: lines of "name=value", then the decision and the script. A script must
 * never hold a line that we did not write.
 */
#include <stdint.h>
#include <stdlib.h>
#include <base/err.h>
#include <base/str.h>
#include <pxe/dnsmasq.h>
#include <pxe/script.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

static size_t lines_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static size_t script_lines(const struct boot_query *q, const struct boot_answer *a)
{
	static const struct boot_script_options o = {"http://h", "https://h", "p",  "b", NULL,
						     NULL,       false,       NULL, 0x81};
	struct str out;

	str_init(&out, SCRIPT_MAX_BYTES);
	boot_script_write(&out, q, a, &o);
	BUG_ON(!str_ok(&out));
	size_t n = lines_of(out.p);
	str_done(&out);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	static const struct boot_query plain = {.buildarch = "x86_64"};
	static const struct boot_answer agent = {BOOT_AGENT, "x"};
	struct boot_query q = {.cpu_64bit = false};
	struct boot_facts facts = {true, false, false, true, true};
	struct dnsmasq_line line;
	char *text = xstrndup((const char *)p, n_bytes);
	struct sv rest = sv_of(text);

	(void)dnsmasq_line_parse(text, &line);
	while (rest.n > 0) {
		struct sv value = sv_split(&rest, '\n');
		struct sv name = sv_split(&value, '=');
		char *a = xstrndup(name.p, name.n), *b = xstrndup(value.p ? value.p : "", value.n);
		boot_query_set(&q, a, b);
		free(a);
		free(b);
	}
	struct boot_answer answer = boot_decide(&q, &facts);
	(void)script_lines(&q, &answer);
	BUG_ON(script_lines(&q, &agent) != script_lines(&plain, &agent));
	free(text);
	return 0;
}
