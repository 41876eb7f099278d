/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters that are paths into the facts of a host (drives.Model, nics.LinkUp): which column of a
 * part or member of its place a path means, and the condition that some part of the host fits.
 * Input: hostile keys, looked up in closed lists; fuzzed by tests/fuzz/fuzz_filter.c.
 */
#include "condition.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <base/json.h>

/* ---- what a path means ----------------------------------------------------------------------- */

static const struct {
	const char *prefix;
	const char *type;
} paths[] = {
	{"drives.", "drive"},  {"memory.modules.", "memory"},
	{"memory.", "memory"}, {"processors.", "processor"},
	{"nics.lldp.", "nic"}, {"nics.", "nic"},
	{"pci.", "pci"},       {"board.", "board"},
};

/* Is there an index of parts that finds a value: by itself, or within a type? */
enum indexed { NOT_INDEXED, INDEXED, INDEXED_IN_TYPE };

/* names of the facts document that are columns of a part under another name */
static const struct {
	const char *type, *name, *column;
	enum collection_type value;
	enum indexed indexed;
} part_columns[] = {
	{NULL, "Manufacturer", "q.manufacturer", COLLECTION_TEXT, NOT_INDEXED},
	{NULL, "PartNumber", "q.part_number", COLLECTION_TEXT, INDEXED},
	{NULL, "Model", "q.model", COLLECTION_TEXT, INDEXED},
	{NULL, "SerialNumber", "q.serial", COLLECTION_TEXT, INDEXED},
	{NULL, "FirmwareVersion", "q.firmware", COLLECTION_TEXT, INDEXED_IN_TYPE},
	{"drive", "WWN", "q.wwn", COLLECTION_TEXT, NOT_INDEXED},
	{"drive", "Revision", "q.firmware", COLLECTION_TEXT, INDEXED_IN_TYPE},
	{"drive", "CapacityBytes", "q.capacity_bytes", COLLECTION_INT, NOT_INDEXED},
	{"drive", "Protocol", "q.protocol", COLLECTION_TEXT, NOT_INDEXED},
	{"drive", "MediaType", "q.media", COLLECTION_TEXT, NOT_INDEXED},
	{"drive", "Slot", "p.slot", COLLECTION_TEXT, NOT_INDEXED},
	{"memory", "CapacityMiB", "q.capacity_mib", COLLECTION_INT, NOT_INDEXED},
	{"memory", "DeviceLocator", "p.slot", COLLECTION_TEXT, NOT_INDEXED},
	{"memory", "MemoryDeviceType", "q.media", COLLECTION_TEXT, NOT_INDEXED},
	{"memory", "OperatingSpeedMhz", "q.speed_mhz", COLLECTION_INT, NOT_INDEXED},
	{"processor", "Socket", "p.slot", COLLECTION_TEXT, NOT_INDEXED},
	{"processor", "TotalCores", "q.cores", COLLECTION_INT, NOT_INDEXED},
	{"processor", "TotalThreads", "q.threads", COLLECTION_INT, NOT_INDEXED},
	{"processor", "MaxSpeedMHz", "q.speed_mhz", COLLECTION_INT, NOT_INDEXED},
	{"nic", "MACAddress", "q.serial", COLLECTION_TEXT, INDEXED},
	{"nic", "PermanentMACAddress", "q.serial", COLLECTION_TEXT, INDEXED},
	{"nic", "Driver", "q.model", COLLECTION_TEXT, INDEXED},
	{"nic", "Firmware", "q.firmware", COLLECTION_TEXT, INDEXED_IN_TYPE},
	{"nic", "PciAddress", "p.slot", COLLECTION_TEXT, NOT_INDEXED},
	{"pci", "Address", "p.slot", COLLECTION_TEXT, NOT_INDEXED},
	{"pci", "VendorId", "q.manufacturer", COLLECTION_TEXT, NOT_INDEXED},
	{"pci", "DeviceId", "q.part_number", COLLECTION_TEXT, INDEXED},
};

/* what the place says beyond columns: a closed list, because the name goes into the statement */
static const struct {
	const char *type, *name;
	enum collection_type value;
} attributes[] = {
	{"nic", "Name", COLLECTION_TEXT},
	{"nic", "LinkUp", COLLECTION_BOOL},
	{"nic", "SpeedMbps", COLLECTION_INT},
	{"nic", "ChassisId", COLLECTION_TEXT},
	{"nic", "PortId", COLLECTION_TEXT},
	{"nic", "SysName", COLLECTION_TEXT},
	{"drive", "Name", COLLECTION_TEXT},
	{"drive", "Removable", COLLECTION_BOOL},
	{"drive", "BlockSizeBytes", COLLECTION_INT},
	{"drive", "Volume", COLLECTION_TEXT},
	{"drive", "Controller", COLLECTION_TEXT},
	{"memory", "BankLocator", COLLECTION_TEXT},
	{"pci", "Class", COLLECTION_TEXT},
	{"pci", "Driver", COLLECTION_TEXT},
	{"pci", "LinkSpeed", COLLECTION_TEXT},
	{"pci", "LinkWidth", COLLECTION_INT},
	{"pci", "MaxLinkSpeed", COLLECTION_TEXT},
	{"pci", "MaxLinkWidth", COLLECTION_INT},
};

/* A field of a part, as a condition names it. f.column may lead into column: not to be copied. */
struct part_field {
	struct collection_field f;
	enum indexed indexed;
	char column[320];
};

static bool attribute_column(const struct sql *s, const char *type, const char *name,
			     struct part_field *ret)
{
	char *column = ret->column;
	const size_t column_bytes = sizeof(ret->column);

	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		if (!str_eq(attributes[i].type, type) || !str_eq(attributes[i].name, name))
			continue;
		char text[128];
		db_json_text(s->db, "p.attrs", name, text, sizeof(text));
		if (attributes[i].value == COLLECTION_TEXT)
			(void)snprintf(column, column_bytes, "%s", text);
		else if (attributes[i].value == COLLECTION_BOOL)
			(void)snprintf(
				column, column_bytes,
				"(CASE %s WHEN 'true' THEN 1 WHEN '1' THEN 1 WHEN 'false' THEN "
				"0 WHEN '0' THEN 0 END)",
				text);
		else
			(void)snprintf(column, column_bytes, "CAST(%s AS BIGINT)", text);
		ret->f = (struct collection_field){name, column, attributes[i].value, 0, ""};
		return true;
	}
	return false;
}

static bool path_column(const struct sql *s, const char *type, const char *name,
			struct part_field *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(part_columns); i++) {
		if ((part_columns[i].type && !str_eq(part_columns[i].type, type)) ||
		    !str_eq(part_columns[i].name, name))
			continue;
		ret->f = (struct collection_field){
			name, part_columns[i].column, part_columns[i].value,
			str_eq(part_columns[i].column, "q.firmware") ? FIELD_IS_VERSION : 0, ""};
		ret->indexed = part_columns[i].indexed;
		return true;
	}
	ret->indexed = NOT_INDEXED;
	return attribute_column(s, type, name, ret);
}

/* ---- the condition --------------------------------------------------------------------------- */

/* Few parts fit: the store had better begin with them. When many do, it begins with the hosts, of
 * which some fit soon. */
static int parts_are_rare(struct sql *s, const char *type, const struct collection_field *f,
			  const struct condition *c, bool *ret, struct err *err)
{
	struct sql probe;
	struct query_request none = {0};

	sql_init(&probe, s->db, s->c, &none, 0);
	str_add(&probe.text, "SELECT count(*) FROM (SELECT 1 FROM part q WHERE ");
	if (type)
		str_addf(&probe.text, "q.type = '%s' AND ", type);
	return probe_is_rare(&probe, f, c, ret, err);
}

static int add_path(struct sql *s, const char *type, const char *name, struct condition c,
		    struct err *err)
{
	struct part_field field;
	bool rare = false;

	if (!path_column(s, type, name, &field))
		return condition_bad(err, ERR_FIELD_UNKNOWN, c.key, "is not a field");
	bool negated = c.op == OP_NE;
	if (negated)
		c.op = OP_EQ;
	if (field.indexed != NOT_INDEXED)
		TRY(parts_are_rare(s, field.indexed == INDEXED ? NULL : type, &field.f, &c, &rare,
				   err));
	if (rare)
		/* CROSS keeps SQLite from beginning with the placements */
		str_addf(&s->text,
			 "t.num %sIN (SELECT p.host_num FROM part q CROSS JOIN placement p WHERE "
			 "p.part_num = q.num AND ",
			 negated ? "NOT " : "");
	else
		str_addf(&s->text,
			 "%sEXISTS (SELECT 1 FROM placement p JOIN part q ON q.num = "
			 "p.part_num WHERE p.host_num = t.num AND ",
			 negated ? "NOT " : "");
	sql_add(s, s->at_us ? "p.from_us <= @ AND p.until_us > @"
			    : "p.until_us = 9223372036854775807");
	str_addf(&s->text, " AND p.type = '%s' AND ", type);
	if (rare && field.indexed == INDEXED_IN_TYPE)
		str_addf(&s->text, "q.type = '%s' AND ", type);
	TRY(condition_add(s, &field.f, &c, err));
	str_addc(&s->text, ')');
	return 0;
}

int fact_path_add(struct sql *s, const struct condition *c, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		if (!str_starts(c->key, paths[i].prefix))
			continue;
		const char *name = c->key + strlen(paths[i].prefix);
		TRY(add_path(s, paths[i].type, name, *c, err));
		return 1;
	}
	return 0;
}

/* ---- several conditions on one part ---------------------------------------------------------- */

#define LABEL_MAX 16

/* "drives[a]." of "drives[a].Model"; 0 when the key has no such label. */
static size_t label_end(const char *key)
{
	size_t open = strcspn(key, "["), n = 0;

	if (key[open] != '[')
		return 0;
	while (isalnum((unsigned char)key[open + 1 + n]))
		n++;
	const char *end = key + open + 1 + n;
	return n > 0 && n <= LABEL_MAX && end[0] == ']' && end[1] == '.' ? (size_t)(end + 2 - key)
									 : 0;
}

bool fact_path_same_part(const struct condition *a, const struct condition *b)
{
	size_t n = label_end(a->key);

	return n > 0 && n == label_end(b->key) && memcmp(a->key, b->key, n) == 0;
}

/* The type of "drives[a].Model" is that of "drives.Model". */
static const char *type_of_part(const struct condition *c)
{
	size_t open = strcspn(c->key, "[");

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (strlen(paths[i].prefix) == open + 1 &&
		    memcmp(paths[i].prefix, c->key, open) == 0)
			return paths[i].type;
	return NULL;
}

int fact_path_begin_part(struct sql *s, const struct condition *c, struct err *err)
{
	const char *type = type_of_part(c);

	if (!type)
		return condition_bad(err, ERR_FIELD_UNKNOWN, c->key, "is not a field");
	str_add(&s->text, "EXISTS (SELECT 1 FROM placement p JOIN part q ON q.num = p.part_num "
			  "WHERE p.host_num = t.num AND ");
	sql_add(s, s->at_us ? "p.from_us <= @ AND p.until_us > @"
			    : "p.until_us = 9223372036854775807");
	str_addf(&s->text, " AND p.type = '%s'", type);
	return 0;
}

int fact_path_add_of_part(struct sql *s, const struct condition *c, struct err *err)
{
	struct part_field field;

	if (!path_column(s, type_of_part(c), c->key + label_end(c->key), &field))
		return condition_bad(err, ERR_FIELD_UNKNOWN, c->key, "is not a field");
	return condition_add(s, &field.f, c, err);
}
