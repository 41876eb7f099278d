/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking archives into the store, all at once; see images/object_store.h. The parent makes nameless
 * files, a child in a sandbox fills them, and only when it says that all was good do they get
 * names. The parent checks the manifest's signatures itself before it believes the names; the
 * payloads' bytes are checked again by every host that receives them.
 */
#include "object_paths.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/child.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

struct import {
	struct object_store *store;
	const struct trust_root *root;
	const char *reason;
	struct sandbox_files f;
	int result_read_fd;
	int lock_fd;
	struct child child;
};

static void import_done(struct import *i)
{
	child_kill_soon(&i->child);
	for (size_t k = 0; k < OBJECT_FILES_MAX; k++)
		if (i->f.files[k] >= 0)
			(void)close(i->f.files[k]);
	if (i->f.result_fd >= 0)
		(void)close(i->f.result_fd);
	if (i->result_read_fd >= 0)
		(void)close(i->result_read_fd);
	if (i->lock_fd >= 0)
		(void)close(i->lock_fd);
}

/* ---- start ----------------------------------------------------------------------------------- */

static int make_files(struct import *i, struct err *err)
{
	autofree char *folder = xasprintf("%s/sha256", i->store->dir);
	int fds[2];

	for (size_t k = 0; k < OBJECT_FILES_MAX; k++) {
		i->f.files[k] = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0444);
		if (i->f.files[k] < 0)
			return err_sys(err, ERR_IO, "cannot create an object in '%s'", folder);
	}
	if (pipe2(fds, O_CLOEXEC))
		return err_sys(err, ERR_SYS, "cannot make a pipe");
	i->result_read_fd = fds[0];
	i->f.result_fd = fds[1];
	return 0;
}

static void unpack(void *arg)
{
	const struct import *i = arg;
	struct image_policy policy = {.now_s = time_wall_us() / 1000000};

	sandbox_run(&i->f, i->root, &policy);
}

static int start_child(struct import *i, struct err *err)
{
	TRY(child_fork(unpack, i, &i->child, err));
	(void)close(take_fd(&i->f.result_fd));
	return 0;
}

/* ---- finish ---------------------------------------------------------------------------------- */

static int read_result(struct import *i, struct err *err)
{
	struct sandbox_result result;
	ssize_t n = read(i->result_read_fd, &result, sizeof(result));
	int wait_status = child_reap(&i->child);

	if (n != (ssize_t)sizeof(result))
		return err_set(err, ERR_IMAGE_SANDBOX, "the unpacking process died of signal %d",
			       WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0);
	if (!result.err.code)
		return 0;
	if (result.err.code < 0 || result.err.code >= _ERR_MAX)
		return err_set(err, ERR_IMAGE_SANDBOX, "the unpacking process gave no answer");
	result.err.msg[sizeof(result.err.msg) - 1] = '\0';
	(void)err_set(err, (enum err_code)result.err.code, "%s", result.err.msg);
	return -result.err.code;
}

static int read_file(int fd, size_t max_bytes, char **ret, size_t *ret_n_bytes, struct err *err)
{
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, ERR_IO, "cannot read an object");
	return file_read_fd(fd, max_bytes, ret, ret_n_bytes, err);
}

static int open_manifest(struct import *i, char **ret_sigs, struct manifest **ret, struct err *err)
{
	autofree struct signatures *sigs = xcalloc(1, sizeof(*sigs));
	autofree char *text = NULL;
	size_t n_text, n_sigs;

	TRY(read_file(i->f.files[OBJECT_FILE_MANIFEST], MANIFEST_MAX_BYTES, &text, &n_text, err));
	TRY(read_file(i->f.files[OBJECT_FILE_SIGS], SIGNATURES_MAX_BYTES, ret_sigs, &n_sigs, err));
	TRY(signatures_parse(*ret_sigs, n_sigs, sigs, err));
	return trust_root_open_manifest(i->root, sigs, text, n_text, ret, err);
}

static int note_rollback(struct import *i, const struct manifest *m, struct err *err)
{
	autofree char *path = xasprintf("%s/seq/rollbacks", i->store->dir);
	autoclose int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	char digest[SHA256_HEX_BYTES];
	autojson json_t *note = NULL;
	autofree char *text = NULL, *line = NULL;

	hex_encode(m->digest, SHA256_BYTES, digest);
	note = json_pack("{s:I, s:s, s:s, s:s}", "time", (json_int_t)(time_wall_us() / 1000000),
			 "line", m->line, "image", digest, "reason", i->reason);
	if (fd < 0 || !note)
		return err_sys(err, ERR_IO, "cannot note the reason in '%s'", path);
	text = json_text(note);
	line = xasprintf("%s\n", text);
	return file_write_all(fd, line, strlen(line), err);
}

static int check_sequence(struct import *i, const struct manifest *m, struct err *err)
{
	uint64_t highest = object_highest_seq(i->store, m->line, m->arch);

	if (m->seq >= highest)
		return 0;
	if (!i->reason)
		return err_set(err, ERR_IMAGE_ROLLBACK,
			       "image has sequence %" PRIu64 ", line '%s' is at %" PRIu64, m->seq,
			       m->line, highest);
	return note_rollback(i, m, err);
}

static int raise_sequence(const struct object_store *s, const struct manifest *m, struct err *err)
{
	autofree char *path = object_seq_path(s, m->line, m->arch),
		      *text = xasprintf("%" PRIu64 "\n", m->seq);

	if (m->seq <= object_highest_seq(s, m->line, m->arch))
		return 0;
	return file_write_atomic(path, text, strlen(text), 0644, err);
}

static int sync_folder(const char *path, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) ? err_sys(err, ERR_IO, "cannot flush '%s'", path) : 0;
}

static int give_name(const struct object_store *s, int fd, const uint8_t *digest, struct err *err)
{
	autofree char *path = object_path(s, digest), *copy = xstrdup(path);
	autofree char *fresh = xasprintf("%s.new", path);
	char source[64];
	const char *folder = dirname(copy);

	TRY(file_make_dirs(folder, 0755, err));
	snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
	/* What is there already may have been damaged since; what was just checked takes its place.
	 */
	(void)unlink(fresh);
	if (linkat(AT_FDCWD, source, AT_FDCWD, fresh, AT_SYMLINK_FOLLOW) || rename(fresh, path))
		return err_sys(err, ERR_IO, "cannot name object '%s'", path);
	return sync_folder(folder, err);
}

static int give_names(struct import *i, const struct manifest *m, const char *sigs, struct err *err)
{
	autofree char *sigs_path = object_sigs_path(i->store, m->digest);

	TRY(give_name(i->store, i->f.files[OBJECT_FILE_MANIFEST], m->digest, err));
	for (size_t k = 0; k < m->n_payloads; k++) {
		const struct manifest_payload *p = &m->payloads[k];
		const int *fds = &i->f.files[OBJECT_FILE_PAYLOADS + 2 * k];

		TRY(give_name(i->store, fds[0], p->table_sha256, err));
		TRY(give_name(i->store, fds[1], p->packed_sha256, err));
	}
	TRY(raise_sequence(i->store, m, err));
	return file_write_atomic(sigs_path, sigs, strlen(sigs), 0644, err);
}

static int run(struct import *i, struct manifest **ret, struct err *err)
{
	AUTO(manifest) struct manifest *m = NULL;
	autofree char *sigs = NULL;

	TRY(make_files(i, err));
	TRY(start_child(i, err));
	TRY(read_result(i, err));
	i->lock_fd = object_lock(i->store, err);
	if (i->lock_fd < 0)
		return i->lock_fd;
	TRY(open_manifest(i, &sigs, &m, err));
	TRY(check_sequence(i, m, err));
	TRY(give_names(i, m, sigs, err));
	if (ret)
		*ret = take_ptr(m);
	return 0;
}

int object_store_import_fd(struct object_store *s, int fd, const struct trust_root *root,
			   const char *rollback_reason, struct manifest **ret, struct err *err)
{
	struct import i = {.store = s,
			   .root = root,
			   .reason = rollback_reason,
			   .lock_fd = -1,
			   .child = CHILD_NONE};
	int status;

	if (rollback_reason &&
	    (!rollback_reason[0] || strlen(rollback_reason) >= IMAGE_REASON_BYTES))
		return err_set(err, ERR_INVALID, "a rollback needs a reason of 1 to %d bytes",
			       IMAGE_REASON_BYTES - 1);
	i.f.archive_fd = fd;
	i.f.result_fd = i.result_read_fd = -1;
	for (size_t k = 0; k < OBJECT_FILES_MAX; k++)
		i.f.files[k] = -1;
	status = run(&i, ret, err);
	import_done(&i);
	return status;
}
