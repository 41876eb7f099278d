/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smart-log of nvme-cli, as JSON or as text; see smart.h. Names changed over its versions
 * ("avail_spare", "available_spare"), critical_warning became an object, and counters of 128 bits
 * are numbers, strings or both.
 */
#include "smart_fields.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <burnin/vendor_json.h>

#define ZERO_CELSIUS_K 273

static const struct {
	const char *name;
	size_t offset;
} names[] = {
	{"critical_warning", offsetof(struct smart_health, critical_warning)},
	{"media_errors", offsetof(struct smart_health, media_errors)},
	{"media_and_data_integrity_errors", offsetof(struct smart_health, media_errors)},
	{"percent_used", offsetof(struct smart_health, percent_used)},
	{"percentage_used", offsetof(struct smart_health, percent_used)},
	{"avail_spare", offsetof(struct smart_health, available_spare)},
	{"available_spare", offsetof(struct smart_health, available_spare)},
	{"spare_thresh", offsetof(struct smart_health, spare_threshold)},
	{"available_spare_threshold", offsetof(struct smart_health, spare_threshold)},
	{"power_on_hours", offsetof(struct smart_health, power_on_hours)},
	{"temperature", offsetof(struct smart_health, temperature_c)},
};

static bool take(struct smart_health *h, const char *name, int64_t value)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!str_eq(names[i].name, name) || value < 0)
			continue;
		memcpy((char *)h + names[i].offset, &value, sizeof(value));
		return true;
	}
	return false;
}

/* nvme-cli, verbose: an object with the number or with a member for each bit. -1: with neither. */
static int64_t warning_of(json_t *bits)
{
	static const char *const members[][2] = {
		{"available_spare", "spare"},        {"temp_threshold", "temperature"},
		{"reliability_degraded", ""},        {"ro", "read_only"},
		{"vmbu_failed", "vm_backup_failed"}, {"pmr_ro", "persistent_memory_region"},
	};
	int64_t warning = 0, n_known = 0;

	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		for (size_t k = 0; k < 2; k++) {
			json_t *bit = json_object_get(bits, members[i][k]);
			int64_t n = json_is_boolean(bit) ? json_is_true(bit)
							 : vendor_json_count(bit);

			n_known += n >= 0;
			warning |= n > 0 ? INT64_C(1) << i : 0;
		}
	return n_known ? warning : -1;
}

/* An object has the number beside its parts. */
static int64_t count_of(json_t *value, const char *key)
{
	if (!json_is_object(value))
		return vendor_json_count(value);
	int64_t n = vendor_json_count(json_object_get(value, "value"));
	return n < 0 && str_eq(key, "critical_warning") ? warning_of(value) : n;
}

static unsigned read_json(json_t *doc, struct smart_health *h)
{
	unsigned n = 0;
	const char *key;
	json_t *value;

	json_object_foreach (doc, key, value)
		n += take(h, key, count_of(value, key));
	if (h->temperature_c >= ZERO_CELSIUS_K)
		h->temperature_c -= ZERO_CELSIUS_K;
	return n;
}

/* "1.234", as some languages group digits. A fraction is not a count. */
static bool is_grouped(const char *text)
{
	size_t n = strspn(text, "0123456789");

	if (n == 0 || n > 3 || text[n] != '.')
		return false;
	for (text += n; *text == '.'; text += 4)
		if (strspn(text + 1, "0123456789") != 3)
			return false;
	return *text == '\0';
}

static void drop_dots(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (*text != '.')
			*to++ = *text;
	*to = '\0';
}

/* "media_errors                        : 1,234" */
static unsigned read_line(struct sv line, struct smart_health *h)
{
	struct sv rest = line, name = sv_trim(sv_split(&rest, ':'));
	char key[40] = "", number[40] = "";
	size_t n = 0;

	if (name.n == 0 || name.n >= sizeof(key))
		return 0;
	memcpy(key, name.p, name.n);
	for (size_t i = 0; i < name.n; i++)
		key[i] = (char)(key[i] == ' ' ? '_' : tolower((unsigned char)key[i]));
	rest = sv_trim(rest);
	for (size_t i = 0; i < rest.n && n + 1 < sizeof(number); i++) {
		if (!isalnum((unsigned char)rest.p[i]) && !strchr(",.", rest.p[i]))
			break;
		if (rest.p[i] != ',')
			number[n++] = rest.p[i];
	}
	autojson json_t *text = json_string(number);
	/* "40 C" and "40C (313 Kelvin)" start with the number. */
	while (n && isalpha((unsigned char)number[n - 1]) && !str_starts(number, "0x"))
		number[--n] = '\0';
	if (is_grouped(number))
		drop_dots(number);
	json_string_set(text, number);
	return take(h, key, vendor_json_count(text));
}

int tool_read_nvme(struct tool_end end, const char *output, size_t n_bytes,
		   struct smart_health *ret, struct err *err)
{
	autojson json_t *doc = NULL;
	unsigned n = 0;

	smart_unknown(ret);
	if (n_bytes > LIMIT_TOOL_OUTPUT_BYTES)
		return err_set(err, ERR_TOO_BIG, "the output has %zu bytes", n_bytes);
	if (vendor_json_load(output, n_bytes, &doc, NULL) == 0) {
		smart_read_self_tests(doc, ret);
		n = read_json(doc, ret) + (ret->failed_self_tests >= 0);
	} else {
		struct sv rest = {output, n_bytes};

		while (rest.n)
			n += read_line(sv_split(&rest, '\n'), ret);
	}
	if (n == 0 && !end.signal && !end.status)
		return err_set(err, ERR_INVALID, "the output is not a log of nvme");
	/* What a log reports as faulty counts however the tool ended. Without the warnings and the
	 * errors a disk is not judged. */
	ret->covered = ret->critical_warning >= 0 && ret->media_errors >= 0 && !end.signal &&
		       !end.status;
	if (end.signal || end.status)
		text_print(ret->reason, sizeof(ret->reason), "nvme ended with %s %d",
			   end.signal ? "signal" : "status", end.signal ? end.signal : end.status);
	else if (!ret->covered)
		text_print(ret->reason, sizeof(ret->reason),
			   "the smart-log lacks critical_warning or media_errors");
	return 0;
}
