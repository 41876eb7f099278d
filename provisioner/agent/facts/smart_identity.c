/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading smartctl's documents; see smart_identity.h. HW: behind a card a drive answers as ATA (through
 * SAT), SCSI or NVMe, each with members of its own names. Input: what drives say of themselves, through
 * a tool.
 */
#include "smart_identity.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <proto/session.h>

static json_t *load(const char *text)
{
	struct err ignored = ERR_INIT;
	json_t *j = NULL;

	if (json_load_strict(text, strlen(text), LIMIT_TOOL_OUTPUT_BYTES, &j, &ignored) < 0)
		return NULL;
	return j;
}

static void take(const json_t *from, const char *key, char *ret, size_t ret_bytes)
{
	const char *text = json_string_value(json_object_get(from, key));

	if (text && !ret[0])
		text_clean(ret, ret_bytes, text, strlen(text));
}

static int64_t number(const json_t *from, const char *key)
{
	const json_t *j = json_object_get(from, key);

	return json_is_integer(j) ? json_integer_value(j) : -1;
}

/* ---- scans ----------------------------------------------------------------------------------- */

/* Words behind -d for drives behind a card, without the translation in front of them ("sat+"). */
static const char *const card_types[] = {"megaraid,", "sssraid,", "cciss,",
					 "3ware,",    "areca,",   "aacraid,"};

static bool is_card_type(const char *word)
{
	const char *plus = strrchr(word, '+');
	const char *type = plus ? plus + 1 : word;

	for (size_t i = 0; i < ARRAY_LEN(card_types); i++) {
		size_t n = strlen(card_types[i]);

		if (str_starts(type, card_types[i]) && isdigit((unsigned char)type[n]) &&
		    type[n + strspn(type + n, "0123456789,/")] == '\0')
			return plus == NULL || str_starts(word, "sat+") ||
			       str_starts(word, "scsi+");
	}
	return false;
}

static bool is_device(const char *path)
{
	if (!str_starts(path, "/dev/") || strstr(path, ".."))
		return false;
	for (const char *p = path; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("/_-", *p))
			return false;
	return true;
}

bool smart_path_is_good(const struct smart_path *path)
{
	return is_device(path->device) && is_card_type(path->access);
}

void smart_scan_parse(const char *text, smart_path_list *ret)
{
	autojson json_t *doc = load(text);
	size_t i;
	json_t *j;

	json_array_foreach (json_object_get(doc, "devices"), i, j) {
		struct smart_path path = {0};
		const char *device = json_string_value(json_object_get(j, "name"));
		const char *type = json_string_value(json_object_get(j, "type"));

		if (!device || !type || json_object_get(j, "open_error") ||
		    !str_copy(path.device, sizeof(path.device), device) ||
		    !str_copy(path.access, sizeof(path.access), type) || !smart_path_is_good(&path))
			continue;
		if (ret->n == FACTS_MAX_DRIVES)
			return;
		VEC_PUSH(ret, path);
	}
}

/* ---- one drive ------------------------------------------------------------------------------- */

static bool answered(const json_t *doc)
{
	int64_t status = number(json_object_get(doc, "smartctl"), "exit_status");

	return status >= 0 && (status & 3) == 0;
}

/* An enclosure, or a card that answers for itself. */
static bool is_disk(const json_t *doc)
{
	int64_t type = number(json_object_get(doc, "device_type"), "scsi_value");

	return type < 0 || type == 0 || type == 14;
}

static void read_wwn(const json_t *doc, struct facts_drive *f)
{
	const json_t *wwn = json_object_get(doc, "wwn");
	int64_t naa = number(wwn, "naa"), oui = number(wwn, "oui"), id = number(wwn, "id");
	char unit[64] = "";

	if (naa > 0 && naa <= 0xf && oui > 0 && oui <= 0xffffff && id >= 0 && id <= 0xfffffffffLL) {
		snprintf(f->wwn, sizeof(f->wwn), "0x%llx%06llx%09llx", (unsigned long long)naa,
			 (unsigned long long)oui, (unsigned long long)id);
		return;
	}
	take(doc, "logical_unit_id", unit, sizeof(unit));
	size_t n = strlen(unit);
	if (n < 18 || !str_starts(unit, "0x") || strspn(unit + 2, "0123456789abcdef") != n - 2 ||
	    strspn(unit + 2, "0") == n - 2)
		return;
	(void)str_copy(f->wwn, sizeof(f->wwn), unit);
}

static void read_protocol(const json_t *doc, struct facts_drive *f)
{
	const char *protocol = json_string_value(
		json_object_get(json_object_get(doc, "device"), "protocol"));
	const char *transport = json_string_value(
		json_object_get(json_object_get(doc, "scsi_transport_protocol"), "name"));
	const char *word = "";

	if (protocol && str_eq(protocol, "ATA"))
		word = "SATA";
	else if (protocol && str_eq(protocol, "NVMe"))
		word = "NVMe";
	else if (protocol && str_eq(protocol, "SCSI"))
		word = transport && str_starts(transport, "SAS") ? "SAS" : "SCSI";
	(void)str_copy(f->protocol, sizeof(f->protocol), word);
}

static void read_media(const json_t *doc, struct facts_drive *f)
{
	int64_t turns = number(doc, "rotation_rate");

	if (turns >= 0 || str_eq(f->protocol, "NVMe"))
		(void)str_copy(f->media_type, sizeof(f->media_type), turns > 0 ? "HDD" : "SSD");
}

static void read_sizes(const json_t *doc, struct facts_drive *f)
{
	int64_t bytes = number(json_object_get(doc, "user_capacity"), "bytes");
	int64_t block = number(doc, "logical_block_size");

	if (bytes < 0)
		bytes = number(doc, "nvme_total_capacity");
	f->capacity_bytes = bytes > 0 && bytes <= PROTO_MAX_INT ? bytes : 0;
	f->block_size_bytes = block > 0 && block <= 65536 ? block : 0;
}

bool smart_identity_parse(const char *text, struct facts_drive *ret)
{
	autojson json_t *doc = load(text);

	*ret = (struct facts_drive){0};
	if (!answered(doc) || !is_disk(doc))
		return false;
	take(doc, "serial_number", ret->serial, sizeof(ret->serial));
	take(doc, "model_name", ret->model, sizeof(ret->model));
	take(doc, "scsi_model_name", ret->model, sizeof(ret->model));
	take(doc, "scsi_product", ret->model, sizeof(ret->model));
	take(doc, "product", ret->model, sizeof(ret->model));
	take(doc, "scsi_vendor", ret->manufacturer, sizeof(ret->manufacturer));
	take(doc, "vendor", ret->manufacturer, sizeof(ret->manufacturer));
	if (str_eq(ret->manufacturer, "ATA"))
		ret->manufacturer[0] = '\0';
	take(doc, "firmware_version", ret->revision, sizeof(ret->revision));
	take(doc, "scsi_revision", ret->revision, sizeof(ret->revision));
	take(doc, "revision", ret->revision, sizeof(ret->revision));
	read_wwn(doc, ret);
	read_protocol(doc, ret);
	read_sizes(doc, ret);
	read_media(doc, ret);
	return ret->serial[0] || ret->wwn[0];
}
