/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks that come and go while a run lasts. After each test the drives are held against those of its
 * beginning. One that is gone, or came back under another name, is a fault of that disk, its bay or
 * its cable: a test that cannot open it would only have no verdict. One that is new was tested by
 * nothing, so the run does not pass; the server is told of it and starts another.
 */
#include "burn.h"

#include <base/cleanup.h>
#include <base/str.h>

/* A value that one of the two lacks is not a difference: a disk that is busy may not give its serial. */
static bool is_same(const struct drive *a, const struct drive *b)
{
	if (a->facts.serial[0] && b->facts.serial[0])
		return str_eq(a->facts.serial, b->facts.serial);
	if (a->facts.wwn[0] && b->facts.wwn[0])
		return str_eq(a->facts.wwn, b->facts.wwn);
	return str_eq(a->facts.name, b->facts.name);
}

static const struct drive *named(const drive_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].facts.name, name))
			return &list->items[i];
	return NULL;
}

/* Under its name; else under another that no drive of before has. Namespaces of one NVMe disk, and
 * disks whose serials are placeholders, have equal serials. */
static const struct drive *find(const drive_list *list, const struct drive *wanted,
				const drive_list *before)
{
	const struct drive *same_name = named(list, wanted->facts.name);

	if (same_name && is_same(same_name, wanted))
		return same_name;
	for (size_t i = 0; i < list->n; i++)
		if (is_same(&list->items[i], wanted) && !named(before, list->items[i].facts.name))
			return &list->items[i];
	return NULL;
}

static void find_lost(struct burn *b, const char *step, size_t i, const drive_list *now)
{
	const struct drive *was = &b->drives.items[i], *is = find(now, was, &b->drives);
	struct burnin_finding f = {
		.symptom = SYMPTOM_DISK_LOST,
		.component = component_find(&b->components, COMPONENT_DISK, was->facts.name)};

	if (b->lost[i] || (is && str_eq(is->facts.name, was->facts.name)))
		return;
	b->lost[i] = true;
	b->parts_changed = true;
	if (is)
		text_print(f.message, sizeof(f.message), "%.64s was lost and came back as %.64s",
			   was->facts.name, is->facts.name);
	else
		text_print(f.message, sizeof(f.message),
			   "%.64s was there when the run began and is gone", was->facts.name);
	burn_found(b, step, &f);
}

/* One that was lost under another name. */
static bool came_back(const struct burn *b, const struct drive *is)
{
	for (size_t i = 0; i < b->drives.n && i < FACTS_MAX_DRIVES; i++)
		if (b->lost[i] && is_same(&b->drives.items[i], is))
			return true;
	return false;
}

/* A stick and the virtual media of a BMC are not parts. */
static void find_new(struct burn *b, const char *step, const struct drive *is)
{
	const struct drive *was = named(&b->drives, is->facts.name);

	if (!is->local || is->facts.removable == TRI_YES || (was && is_same(was, is)) ||
	    came_back(b, is))
		return;
	autofree char *text = xasprintf("disk %.64s%s%.128s, which was put in during the run",
					is->facts.name, is->facts.serial[0] ? " with serial " : "",
					is->facts.serial);

	if (!b->added)
		burn_add_missing(b, text);
	b->added = b->parts_changed = true;
	ocp_error(&b->stream, step, "part-added", text);
}

void burn_compare_drives(struct burn *b, const char *step, const drive_list *now)
{
	bool added_before = b->added;

	for (size_t i = 0; i < b->drives.n && i < FACTS_MAX_DRIVES; i++)
		find_lost(b, step, i, now);
	for (size_t i = 0; i < now->n && !added_before; i++)
		find_new(b, step, &now->items[i]);
}

void burn_judge_drives(struct burn *b, const char *step)
{
	drive_list now = {0};

	if (!b->drives_known)
		return;
	drives_read(b->root ? b->root : "", &now);
	burn_compare_drives(b, step, &now);
	drives_done(&now);
}
