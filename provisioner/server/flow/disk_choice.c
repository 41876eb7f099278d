/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choosing a disk. Guard rails G4 (exactly one match), G6 (local transports only), half of G8 (data
 * and shared file systems are seen). Input: drives as an agent reported them, a rule of an
 * operator's.
 */
#include "disk_choice.h"

#include <ctype.h>
#include <strings.h>
#include <base/cleanup.h>
#include <base/str.h>
#include <proto/signature.h>
#include <proto/transport.h>

static const char *member(const json_t *drive, const char *key)
{
	const char *text = json_string_value(json_object_get(drive, key));

	return text ? text : "";
}

static int64_t size_of(const json_t *drive)
{
	return json_integer_value(json_object_get(drive, "CapacityBytes"));
}

static const struct transport *transport_of(const json_t *drive)
{
	return transport_find(member(drive, "Protocol"));
}

static bool is_shared(const json_t *drive)
{
	size_t i;
	json_t *s;

	json_array_foreach (json_object_get(drive, "signatures"), i, s)
		if (json_is_string(s) && signature_is_shared(json_string_value(s)))
			return true;
	return transport_of(drive)->reach == TRANSPORT_REACH_SHARED;
}

bool disk_any_shared(const json_t *drives)
{
	size_t i;
	json_t *d;

	json_array_foreach (drives, i, d)
		if (is_shared(d))
			return true;
	return false;
}

/* "0x5000C5..", "naa.5000c5..", "wwn-0x5000c5.." and "5000c5..", as programs print it, are one name. */
static void fold_wwn(const char *text, char *ret, size_t ret_bytes)
{
	static const char *const starts[] = {"wwn-", "naa.", "eui.", "0x"};

	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		if (strncasecmp(text, starts[i], strlen(starts[i])) == 0)
			text += strlen(starts[i]);
	(void)str_copy(ret, ret_bytes, text);
	for (char *p = ret; *p; p++)
		*p = (char)tolower((unsigned char)*p);
}

static bool wwn_fits(const char *rule, const char *wwn)
{
	char wanted[160], found[160];

	fold_wwn(rule, wanted, sizeof(wanted));
	fold_wwn(wwn, found, sizeof(found));
	return found[0] && str_glob(wanted, found);
}

/* NULL when the drive fits, else why it does not. */
static const char *against(const json_t *d, const struct disk_rule *rule)
{
	const char *serial = member(d, "SerialNumber"), *wwn = member(d, "WWN");

	if (transport_of(d)->reach != TRANSPORT_REACH_LOCAL)
		return transport_of(d)->why;
	if (json_is_true(json_object_get(d, "Removable")))
		return "removable";
	if (json_is_true(json_object_get(d, "WriteProtected")))
		return "write-protected";
	if (size_of(d) <= 0)
		return "it reports no size: dead, or with sectors of 520 or 528 bytes";
	if (member(d, "Zones")[0])
		return "its zones must be written in order";
	if (!serial[0] && !wwn[0])
		return "no serial and no WWN";
	if (strlen(serial) > 128 || strlen(wwn) > 128)
		return "its serial is too long";
	if (rule->serial[0] && !str_glob(rule->serial, serial))
		return "another serial";
	if (rule->wwn[0] && !wwn_fits(rule->wwn, wwn))
		return "another WWN";
	if (rule->min_bytes && size_of(d) < rule->min_bytes)
		return "too small";
	if (rule->max_bytes && size_of(d) > rule->max_bytes)
		return "too large";
	if (rule->media[0] && !str_eq(rule->media, member(d, "MediaType")))
		return "another kind of medium";
	return NULL;
}

static void take(const json_t *d, struct disk_choice *ret)
{
	size_t i;
	json_t *s;
	struct str found;

	memset(ret, 0, sizeof(*ret));
	(void)str_copy(ret->serial, sizeof(ret->serial), member(d, "SerialNumber"));
	(void)str_copy(ret->wwn, sizeof(ret->wwn), member(d, "WWN"));
	ret->size_bytes = size_of(d);
	ret->sector_bytes = json_integer_value(json_object_get(d, "BlockSizeBytes"));
	str_init(&found, sizeof(ret->found) - 1);
	json_array_foreach (json_object_get(d, "signatures"), i, s) {
		const char *text = json_string_value(s);
		if (!text || !text[0])
			continue;
		ret->has_data = true;
		ret->has_shared_fs = ret->has_shared_fs || signature_is_shared(text);
		str_addf(&found, "%s%s", found.n_bytes ? ", " : "", text);
	}
	(void)str_copy(ret->found, sizeof(ret->found), found.p);
	str_done(&found);
}

int disk_choose(const json_t *drives, const struct disk_rule *rule, struct disk_choice *ret,
		struct err *err)
{
	size_t i, n = 0;
	json_t *d;
	struct str why, both;

	str_init(&why, 240);
	str_init(&both, 240);
	json_array_foreach (drives, i, d) {
		const char *reason = against(d, rule);
		if (reason) {
			str_addf(&why, "%s%s: %s", why.n_bytes ? "; " : "", member(d, "Name"),
				 reason);
			continue;
		}
		str_addf(&both, "%s%s (%s)", n ? ", " : "", member(d, "Name"),
			 member(d, "SerialNumber"));
		n++;
		take(d, ret);
	}
	int rc = 0;
	if (n == 0)
		rc = err_set(err, ERR_GUARD_DISK_NONE, "no local disk fits: %s",
			     why.n_bytes ? why.p : "the host reported no drives");
	else if (n > 1)
		rc = err_set(err, ERR_GUARD_DISK_AMBIGUOUS, "%zu disks fit: %s", n, both.p);
	str_done(&why);
	str_done(&both);
	return rc;
}

int disk_check_data(const struct disk_choice *d, const char *wipe_consent, bool by_profile,
		    struct err *err)
{
	bool named = wipe_consent && wipe_consent[0];

	if (d->has_shared_fs)
		return err_set(err, ERR_GUARD_SHARED_FS, "disk %s holds %s", d->serial, d->found);
	if (named && !str_eq(wipe_consent, d->serial) && !str_eq(wipe_consent, d->wwn))
		return err_set(err, ERR_GUARD_DATA,
			       "consent names disk '%s', the chosen one is '%s'", wipe_consent,
			       d->serial);
	if (d->has_data && !by_profile && !named)
		return err_set(err, ERR_GUARD_DATA, "disk %s holds %s", d->serial, d->found);
	return 0;
}
