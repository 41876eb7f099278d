/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to boot: const rows, first match wins, the last row is the local disk. Input: a query from
 * any machine on the provisioning network, and facts that the caller looked up.
 */
#include <pxe/boot.h>

#include <ctype.h>
#include <stddef.h>
#include <base/cleanup.h>
#include <base/hw_id.h>
#include <base/str.h>

/* ---- the query ------------------------------------------------------------------------------- */

static void set_mac(struct boot_query *q, const char *value)
{
	(void)hw_mac_parse(sv_of(value), MAC_COLON | MAC_DASH, q->mac);
}

static void set_uuid(struct boot_query *q, const char *value)
{
	(void)hw_uuid_parse(sv_of(value), UUID_DASHED, q->uuid);
}

/* Text of SMBIOS: printable ASCII only; anything else is replaced, never believed. */
static void set_text(char *dst, size_t dst_bytes, const char *value)
{
	size_t n = 0;

	while (*value == ' ')
		value++;
	for (; *value && n + 1 < dst_bytes; value++)
		dst[n++] = isprint((unsigned char)*value) ? *value : '?';
	while (n > 0 && dst[n - 1] == ' ')
		n--;
	dst[n] = '\0';
}

static void set_serial(struct boot_query *q, const char *value)
{
	set_text(q->serial, sizeof(q->serial), value);
}

static void set_manufacturer(struct boot_query *q, const char *value)
{
	set_text(q->manufacturer, sizeof(q->manufacturer), value);
}

static void set_product(struct boot_query *q, const char *value)
{
	set_text(q->product, sizeof(q->product), value);
}

static void set_arch(struct boot_query *q, const char *value)
{
	set_text(q->buildarch, sizeof(q->buildarch), value);
}

static void set_cpu(struct boot_query *q, const char *value)
{
	q->cpu_64bit = str_eq(value, "lm");
}

static void set_platform(struct boot_query *q, const char *value)
{
	q->platform = str_eq(value, "pcbios") ? BOOT_PLATFORM_BIOS
		      : str_eq(value, "efi")  ? BOOT_PLATFORM_EFI
					      : BOOT_PLATFORM_UNKNOWN;
}

static const struct {
	const char *name;
	void (*set)(struct boot_query *, const char *);
} parameters[] = {
	{"mac", set_mac},         {"uuid", set_uuid},
	{"serial", set_serial},   {"manufacturer", set_manufacturer},
	{"product", set_product}, {"arch", set_arch},
	{"cpu", set_cpu},         {"platform", set_platform},
};

void boot_query_set(struct boot_query *q, const char *name, const char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(parameters); i++)
		if (str_eq(parameters[i].name, name))
			parameters[i].set(q, value);
}

/* ---- architecture ---------------------------------------------------------------------------- */

static const char *const arch_names[_BOOT_ARCH_MAX] = {
	[BOOT_ARCH_UNKNOWN] = "unknown",
	[BOOT_ARCH_X86_64] = "x86_64",
	[BOOT_ARCH_AARCH64] = "aarch64",
};

const char *boot_arch_str(enum boot_arch arch)
{
	return (unsigned)arch < _BOOT_ARCH_MAX ? arch_names[arch] : "unknown";
}

enum boot_arch boot_query_arch(const struct boot_query *q)
{
	if (str_eq(q->buildarch, "x86_64"))
		return BOOT_ARCH_X86_64;
	if (str_eq(q->buildarch, "arm64"))
		return BOOT_ARCH_AARCH64;
	/* HW: ${buildarch} is i386 in every iPXE for BIOS; the CPU flag "lm" tells 64-bit machines
	 */
	if (str_eq(q->buildarch, "i386") && q->cpu_64bit)
		return BOOT_ARCH_X86_64;
	return BOOT_ARCH_UNKNOWN;
}

/* ---- the decision ---------------------------------------------------------------------------- */

enum need { ANY, NO, YES };

/* Read as: when all named conditions hold, this is the answer. */
static const struct {
	enum need store_up, known, wants_agent, may_enrol, arch_known, files_ready;
	struct boot_answer answer;
} rows[] = {
	{NO, ANY, ANY, ANY, ANY, ANY, {BOOT_LOCAL, "the server's store is not available"}},
	{ANY, ANY, ANY, ANY, NO, ANY, {BOOT_LOCAL, "no agent for this kind of machine"}},
	{ANY, YES, NO, ANY, ANY, ANY, {BOOT_LOCAL, "this host has no work for the agent"}},
	{ANY, NO, ANY, NO, ANY, ANY, {BOOT_LOCAL, "this host is not known and may not enrol"}},
	{ANY, YES, YES, ANY, YES, NO, {BOOT_LOCAL, "the server lacks the agent's boot files"}},
	{ANY, NO, ANY, YES, YES, NO, {BOOT_LOCAL, "the server lacks the agent's boot files"}},
	{YES, YES, YES, ANY, YES, YES, {BOOT_AGENT, "this host has work for the agent"}},
	{YES, NO, ANY, YES, YES, YES, {BOOT_AGENT, "a new host that may enrol"}},
};

static bool fits(enum need need, bool have)
{
	return need == ANY || (need == YES) == have;
}

struct boot_answer boot_decide(const struct boot_query *q, const struct boot_facts *f)
{
	bool arch_known = boot_query_arch(q) != BOOT_ARCH_UNKNOWN;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (fits(rows[i].store_up, f->store_up) && fits(rows[i].known, f->known) &&
		    fits(rows[i].wants_agent, f->wants_agent) &&
		    fits(rows[i].may_enrol, f->may_enrol) && fits(rows[i].arch_known, arch_known) &&
		    fits(rows[i].files_ready, f->files_ready))
			return rows[i].answer;
	}
	return (struct boot_answer){BOOT_LOCAL, "no rule says otherwise"};
}
