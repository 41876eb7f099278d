/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading checkpoints; see checkpoint_files.h. Input: files of our own, which whoever changed the
 * log may have changed as well.
 */
#include "checkpoint_files.h"

#include <dirent.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <base/vec.h>
#include <proto/checkpoint.h>

#define FILES_MAX 1000000
#define SUFFIX    ".json"

typedef VEC(struct audit_mark) mark_list;

static int read_one(const char *path, const struct plan_key *key, mark_list *list, struct err *err)
{
	struct checkpoint c;
	struct audit_mark mark;
	autofree char *text = NULL;
	size_t n = 0;
	autojson json_t *envelope = NULL;

	if (file_read(path, CHECKPOINT_MAX_BYTES, &text, &n, err) < 0 ||
	    json_load_strict(text, n, CHECKPOINT_MAX_BYTES, &envelope, err) < 0)
		return err_set(err, ERR_CHECKPOINT, "'%s' is not a checkpoint", path);
	if (checkpoint_open(key, envelope, &c, err) < 0)
		return err_wrap(err, "'%s'", path);
	mark = (struct audit_mark){.rows = c.rows, .id = c.last_id};
	(void)str_copy(mark.hash, sizeof(mark.hash), c.hash);
	VEC_PUSH(list, mark);
	return 0;
}

static int read_dir(DIR *d, const char *dir, const struct plan_key *key, mark_list *list,
		    struct err *err)
{
	struct dirent *e;

	while ((e = readdir(d))) {
		autofree char *path = xasprintf("%s/%s", dir, e->d_name);
		if (e->d_name[0] == '.' || !str_ends(e->d_name, SUFFIX))
			continue;
		if (list->n == FILES_MAX)
			return err_set(err, ERR_TOO_BIG, "'%s' has more than %d files", dir,
				       FILES_MAX);
		TRY(read_one(path, key, list, err));
	}
	return 0;
}

int checkpoints_read(const char *dir, const char *public_key_path, struct audit_mark **ret,
		     size_t *ret_n, struct err *err)
{
	AUTO(plan_key) struct plan_key *key = NULL;
	mark_list list = {0};

	TRY(plan_key_load_public(public_key_path, &key, err));
	DIR *d = opendir(dir);
	int rc = d ? read_dir(d, dir, key, &list, err)
		   : err_sys(err, ERR_IO, "cannot read the checkpoints in '%s'", dir);
	if (d)
		(void)closedir(d);
	if (rc < 0)
		VEC_DONE(&list);
	*ret = list.items;
	*ret_n = list.n;
	return rc;
}
