/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a profile, which is then matched and asked for a host name; and as the drives of a
 * facts document, of which at most one may ever be chosen.
 */
#include <stdint.h>
#include <string.h>
#include <base/json.h>
#include <base/limits.h>
#include <server/flow/disk_choice.h>
#include <server/flow/profile.h>
#include <server/flow/profile_check.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	static const struct profile_subject subject = {"SN1", "Acme", "Box", "x86_64",
						       "52:54:00:00:00:01 52:54:00:00:00:02"};
	struct err err = ERR_INIT;
	struct profile profile;
	struct disk_choice choice;
	char name[64];
	json_t *doc = NULL;

	if (json_load_strict(p, n_bytes, LIMIT_JSON_BODY_BYTES, &doc, &err) < 0)
		return 0;
	json_decref(profile_problems(doc));
	if (profile_parse(doc, &profile, &err) >= 0) {
		(void)profile_matches(&profile, &subject);
		profile_hostname(&profile, "ABC2DEFG", "SN/1", "x86_64", name);
		BUG_ON(!name[0] || strlen(name) > 63 || name[0] == '-');
	}
	struct disk_rule rule = profile.disk;
	profile_done(&profile);
	if (disk_choose(doc, &rule, &choice, &err) >= 0)
		BUG_ON((!choice.serial[0] && !choice.wwn[0]) || choice.size_bytes <= 0);
	json_decref(doc);
	return 0;
}
