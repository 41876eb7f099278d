/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's labels of memory modules; see dimm.h. EDAC drivers build them from words, each
 * followed by '#' and a number; the words differ from driver to driver.
 */
#include <burnin/dimm.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <base/cleanup.h>
#include <base/str.h>

#define NUMBER_MAX 4096

/* Words before a number: sb_edac, skx_edac, i10nm_edac, i7core_edac, igen6_edac, and edac_mc's own
 * ("mc#0csrow#2channel#0", "mc#0channel#1slot#0", "mc#0branch#0channel#1slot#0"). */
static const struct {
	const char *word;
	size_t offset;
	bool per_socket;
} words[] = {
	{"CPU_SrcID", offsetof(struct dimm_place, socket), true},
	{"SrcID", offsetof(struct dimm_place, socket), true},
	{"CPU", offsetof(struct dimm_place, socket), true},
	{"Socket", offsetof(struct dimm_place, socket), true},
	{"MC", offsetof(struct dimm_place, controller), false},
	{"HBMC", offsetof(struct dimm_place, controller), false},
	{"Ha", offsetof(struct dimm_place, controller), false},
	{"Slice", offsetof(struct dimm_place, controller), false},
	{"Chan", offsetof(struct dimm_place, channel), false},
	{"Channel", offsetof(struct dimm_place, channel), false},
	{"DIMM", offsetof(struct dimm_place, slot), false},
	{"slot", offsetof(struct dimm_place, slot), false},
	{"csrow", offsetof(struct dimm_place, csrow), false},
};

static bool take(struct dimm_place *p, struct sv word, int number)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strlen(words[i].word) != word.n ||
		    strncasecmp(words[i].word, word.p, word.n) != 0)
			continue;
		memcpy((char *)p + words[i].offset, &number, sizeof(number));
		p->per_socket |= words[i].per_socket;
		return true;
	}
	return false;
}

bool dimm_place_of_label(const char *label, struct dimm_place *ret)
{
	bool known = false;

	*ret = DIMM_NOWHERE;
	for (const char *hash = strchr(label, '#'); hash; hash = strchr(hash + 1, '#')) {
		const char *word = hash;
		char *end;

		while (word > label && (isalpha((unsigned char)word[-1]) || word[-1] == '_'))
			word--;
		while (*word == '_')
			word++;
		long number = strtol(hash + 1, &end, 10);
		if (!isdigit((unsigned char)hash[1]) || number > NUMBER_MAX)
			continue;
		known |= take(ret, (struct sv){word, (size_t)(hash - word)}, (int)number);
	}
	/* Without a controller in its words, a label of a socket means the only one there. */
	if (ret->per_socket && ret->controller == DIMM_UNKNOWN)
		ret->controller = 0;
	return known;
}
