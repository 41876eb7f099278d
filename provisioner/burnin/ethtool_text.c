/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading `ethtool -S`; see ethtool_text.h. "     rx_crc_errors: 0", one counter a line; some drivers
 * put the queue or the port before the name ("port.rx_crc_errors", "[0]: rx_crc_errors").
 */
#include <burnin/ethtool_text.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <base/str.h>

#define NAME_BYTES 64

/* Errors of the line: checksums, symbols, alignment, lost blocks of forward error correction. */
static const char *const errors[] = {
	"*crc_err*",         "*fcs_err*",           "*symbol_err*",
	"*align*_err*",      "*frame_error*",       "*illegal_bytes*",
	"*error_bytes*",     "*carrier_error*",     "*pcs_*_err*",
	"*fec_uncorr*",      "*fec*uncorrectable*", "*uncorrectable*fec*",
	"*badcrc*",          "*bad_crc*",           "*jabber*",
	"*mac_local_fault*", "*mac_remote_fault*",  "*link_integrity_err*",
	"*ecc_err*",
};

/* Of those the ones that are not: corrected blocks, offloads that a host asks for. */
static const char *const not_errors[] = {"*csum*", "*checksum*", "*fec_corr*", "*fec_correct*"};

static bool fits(const char *const *patterns, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_glob(patterns[i], name))
			return true;
	return false;
}

/* The last word of "  [3]: port.rx_crc_errors: 12" before the number; false: not such a line. */
static bool split(struct sv line, char name[static NAME_BYTES], int64_t *ret)
{
	const char *colon = line.n ? memrchr(line.p, ':', line.n) : NULL;
	struct sv value, key;
	char number[24], *end;

	if (!colon)
		return false;
	key = sv_trim((struct sv){line.p, (size_t)(colon - line.p)});
	value = sv_trim((struct sv){colon + 1, (size_t)(line.p + line.n - colon - 1)});
	if (key.n == 0 || value.n == 0 || value.n >= sizeof(number))
		return false;
	memcpy(number, value.p, value.n);
	number[value.n] = '\0';
	*ret = strtoll(number, &end, 10);
	text_print(name, NAME_BYTES, "%.*s", (int)(key.n < NAME_BYTES ? key.n : NAME_BYTES), key.p);
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return !*end && isdigit((unsigned char)*number);
}

int ethtool_text_read(const char *text, size_t n_bytes,
		      void (*found)(void *arg, const struct burnin_finding *finding), void *arg)
{
	struct sv rest = {text, n_bytes};
	int n = 0;

	while (rest.n) {
		struct burnin_finding f = {.symptom = SYMPTOM_NIC_ERRORS};
		char name[NAME_BYTES];
		int64_t value;

		if (!split(sv_trim(sv_split(&rest, '\n')), name, &value))
			continue;
		n++;
		if (value <= 0 || !fits(errors, ARRAY_LEN(errors), name) ||
		    fits(not_errors, ARRAY_LEN(not_errors), name))
			continue;
		text_print(f.message, sizeof(f.message), "%s is %lld", name, (long long)value);
		found(arg, &f);
	}
	return n;
}
