/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readers of tools that speak of erasing; see erase_capabilities.h. NVMe: base specification 2.0,
 * figure 275 (OACS, FNA, SANICAP). hdparm marks what is switched on by "*" and says "not" in front of
 * what is not so. Input: texts of tools about drives that may say anything.
 */
#include "erase_capabilities.h"

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define BIT_OF(command) (1U << ERASE_COMMAND_##command)

/* ---- NVMe ------------------------------------------------------------------------------------ */

enum { OACS_FORMAT = 1 << 1 };
enum { FNA_FORMAT_ALL = 1 << 0, FNA_ERASE_ALL = 1 << 1, FNA_CRYPTO = 1 << 2 };
enum { SANICAP_CRYPTO = 1 << 0, SANICAP_BLOCK = 1 << 1, SANICAP_OVERWRITE = 1 << 2 };

static int64_t number_of(const json_t *j, const char *key)
{
	const json_t *value = json_object_get(j, key);

	return json_is_integer(value) && json_integer_value(value) > 0 ? json_integer_value(value)
								       : 0;
}

static json_t *load(const char *text)
{
	struct err ignored = ERR_INIT;
	json_t *j = NULL;

	if (json_load_strict(text, strlen(text), LIMIT_JSON_BODY_BYTES, &j, &ignored) < 0)
		return NULL;
	return j;
}

void erase_capabilities_nvme(const char *text, bool only_namespace, struct erase_capabilities *ret)
{
	autojson json_t *j = load(text);
	int64_t oacs = number_of(j, "oacs"), fna = number_of(j, "fna");
	int64_t sanicap = number_of(j, "sanicap");
	bool format = (oacs & OACS_FORMAT) &&
		      (only_namespace || !(fna & (FNA_FORMAT_ALL | FNA_ERASE_ALL)));
	unsigned sanitize = (sanicap & SANICAP_CRYPTO ? BIT_OF(NVME_SANITIZE_CRYPTO) : 0) |
			    (sanicap & SANICAP_BLOCK ? BIT_OF(NVME_SANITIZE_BLOCK) : 0) |
			    (sanicap & SANICAP_OVERWRITE ? BIT_OF(NVME_SANITIZE_OVERWRITE) : 0);

	if (only_namespace) {
		ret->can |= sanitize;
	} else if (sanitize) { /* it would reach the other name spaces, too */
		ret->refused |= sanitize;
		ret->why = "it would erase other name spaces of the drive, too";
	}
	if (format)
		ret->can |= BIT_OF(NVME_FORMAT_USER) |
			    (fna & FNA_CRYPTO ? BIT_OF(NVME_FORMAT_CRYPTO) : 0);
}

size_t erase_capabilities_namespaces(const char *text)
{
	autojson json_t *j = load(text);

	return json_array_size(json_object_get(j, "nsid_list"));
}

/* The value behind "(SPROG) :". */
static bool value_behind(const char *text, const char *key, unsigned *ret)
{
	const char *at = strstr(text, key);

	at = at ? strchr(at, ':') : NULL;
	return at && sscanf(at + 1, " %i", (int *)ret) == 1;
}

enum erase_state erase_capabilities_nvme_state(const char *text, unsigned *ret_percent)
{
	static const enum erase_state states[] = {
		[1] = ERASE_STATE_DONE,
		[2] = ERASE_STATE_RUNNING,
		[3] = ERASE_STATE_FAILED,
		[4] = ERASE_STATE_DONE, /* done, and the blocks were not deallocated */
	};
	unsigned progress = 0, status = 0;

	*ret_percent = 0;
	if (!value_behind(text, "(SSTAT)", &status))
		return ERASE_STATE_UNKNOWN;
	if (value_behind(text, "(SPROG)", &progress) && progress <= 0xffff)
		*ret_percent = progress * 100 / 0xffff;
	return (status & 7) < ARRAY_LEN(states) ? states[status & 7] : ERASE_STATE_UNKNOWN;
}

/* ---- ATA ------------------------------------------------------------------------------------- */

struct ata {
	bool device, security, supported, enabled, locked, frozen, enhanced;
	bool sanitize, crypto, block, overwrite;
};

/* "\tnot\tfrozen" and "\t   *\tBLOCK_ERASE_EXT command": the words of a line with one blank between. */
static void words_of(struct sv line, char *ret, size_t ret_bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < line.n && n + 2 < ret_bytes; i++) {
		bool blank = line.p[i] == ' ' || line.p[i] == '\t' || line.p[i] == '\r';
		if (!blank)
			ret[n++] = line.p[i];
		else if (n > 0 && ret[n - 1] != ' ')
			ret[n++] = ' ';
	}
	while (n > 0 && ret[n - 1] == ' ')
		n--;
	ret[n] = '\0';
}

static void ata_security_line(const char *line, struct ata *a)
{
	const struct {
		const char *text;
		bool *flag;
	} rows[] = {{"supported", &a->supported},
		    {"enabled", &a->enabled},
		    {"locked", &a->locked},
		    {"frozen", &a->frozen},
		    {"supported: enhanced erase", &a->enhanced}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		*rows[i].flag |= str_eq(line, rows[i].text);
}

static void ata_line(const char *line, struct ata *a)
{
	const struct {
		const char *text;
		bool *flag;
	} rows[] = {{"* SANITIZE feature set", &a->sanitize},
		    {"* CRYPTO_SCRAMBLE_EXT command", &a->crypto},
		    {"* BLOCK_ERASE_EXT command", &a->block},
		    {"* OVERWRITE_EXT command", &a->overwrite}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		*rows[i].flag |= str_eq(line, rows[i].text);
	a->device |= str_starts(line, "ATA device");
	if (a->security)
		ata_security_line(line, a);
	a->security |= str_eq(line, "Security:");
}

static void judge_ata(const struct ata *a, struct erase_capabilities *ret)
{
	unsigned security = BIT_OF(ATA_SECURITY) |
			    (a->enhanced ? BIT_OF(ATA_SECURITY_ENHANCED) : 0);

	if (a->sanitize)
		ret->can |= (a->crypto ? BIT_OF(ATA_SANITIZE_CRYPTO) : 0) |
			    (a->block ? BIT_OF(ATA_SANITIZE_BLOCK) : 0) |
			    (a->overwrite ? BIT_OF(ATA_SANITIZE_OVERWRITE) : 0);
	if (!a->supported)
		return;
	if (!a->frozen && !a->enabled && !a->locked) {
		ret->can |= security;
		return;
	}
	ret->refused |= security;
	ret->frozen = a->frozen && !a->enabled && !a->locked;
	ret->why = a->frozen ? "frozen by the firmware" : "a password is set on the drive";
}

void erase_capabilities_ata(const char *text, struct erase_capabilities *ret)
{
	struct sv rest = sv_of(text);
	struct ata a = {0};
	char line[128];

	while (rest.n) {
		words_of(sv_split(&rest, '\n'), line, sizeof(line));
		ata_line(line, &a);
	}
	if (a.device)
		judge_ata(&a, ret);
}

enum erase_state erase_capabilities_ata_state(const char *text, unsigned *ret_percent)
{
	const char *progress = strstr(text, "Progress:");
	const char *open = progress ? strchr(progress, '(') : NULL;

	*ret_percent = 0;
	if (open && sscanf(open, "(%u", ret_percent) == 1 && *ret_percent > 100)
		*ret_percent = 100;
	if (strstr(text, "SD2 "))
		return ERASE_STATE_RUNNING;
	/* HW: an idle drive says how the last operation ended; without that word nothing is known. */
	if (strstr(text, "unsuccessfully") || strstr(text, "SD1 ") || strstr(text, "SD3 "))
		return ERASE_STATE_FAILED;
	return strstr(text, "Completed Without Error") ? ERASE_STATE_DONE : ERASE_STATE_UNKNOWN;
}

/* ---- SCSI ------------------------------------------------------------------------------------ */

void erase_capabilities_scsi(const char *text, struct erase_capabilities *ret)
{
	static const struct {
		const char *row;
		unsigned bit;
	} rows[] = {{"48 1 ", BIT_OF(SCSI_SANITIZE_OVERWRITE)},
		    {"48 2 ", BIT_OF(SCSI_SANITIZE_BLOCK)},
		    {"48 3 ", BIT_OF(SCSI_SANITIZE_CRYPTO)}};
	struct sv rest = sv_of(text);
	char line[128];

	while (rest.n) {
		words_of(sv_split(&rest, '\n'), line, sizeof(line));
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if (str_starts(line, rows[i].row))
				ret->can |= rows[i].bit;
	}
}
