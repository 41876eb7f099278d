/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway image import, list, remove, gc, fsck: the server's store of images. What changes it goes
 * through the server, which writes it down; with --store it is done to a folder, by its files.
 */
#include "image_commands.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>
#include <images/object_store.h>

#include "api.h"
#include "option_table.h"
#include "progress.h"
#include "table.h"

#define STORE_DEFAULT     "/var/lib/slipway/objects"
#define ROOT_DEFAULT      "/var/lib/slipway/trust/root.json"
#define IMPORT_TIMEOUT_MS (3600 * 1000LL)
#define PART_BYTES        ((size_t)1024 * 1024) /* the server copies a part at one go */
#define ID_HEAD_BYTES     ((size_t)128 * 1024)
#define IMPORTS_MAX       3
#define TRIES_MAX         30 /* a second apart, without one part in between */

struct arguments {
	const char *store, *root, *reason, *arch;
	bool json, quarantine;
	bool by_server; /* no folder was named */
};

#define MEMBER(name) offsetof(struct arguments, name)
static const struct option_row options[] = {
	{"store", OPTION_TEXT, MEMBER(store), NULL, NULL},
	{"root", OPTION_TEXT, MEMBER(root), NULL, NULL},
	{"allow-rollback", OPTION_TEXT, MEMBER(reason), NULL, NULL},
	{"json", OPTION_FLAG, MEMBER(json), NULL, NULL},
	{"arch", OPTION_TEXT, MEMBER(arch), NULL, NULL},
	{"quarantine", OPTION_FLAG, MEMBER(quarantine), NULL, NULL},
};

/* *ret_word is the only word; NULL: there must be none. */
static int read_arguments(int argc, char **argv, struct arguments *a, const char **ret_word)
{
	int n_words = ret_word ? 1 : 0;
	struct words words;
	int status;

	*a = (struct arguments){.root = ROOT_DEFAULT};
	status = option_table_read(argc, argv, OPTION_TABLE(options, n_words, n_words), a, &words);
	if (status)
		return status;
	a->by_server = !a->store;
	if (ret_word)
		*ret_word = words.items[0];
	return 0;
}

static void print_image(const struct manifest *m)
{
	char digest[SHA256_HEX_BYTES];

	hex_encode(m->digest, SHA256_BYTES, digest);
	printf("%s@%s %s seq %" PRIu64 " %s\n", m->line, m->version, image_arch_str(m->arch),
	       m->seq, digest);
}

/* Reading must not make a store: a wrong folder would look like an empty one. */
static int open_existing(const char *dir, struct object_store **ret, struct err *err)
{
	autofree char *objects = xasprintf("%s/sha256", dir);

	if (access(objects, F_OK) < 0)
		return err_sys(err, ERR_NOT_FOUND, "there is no store of images in '%s'", dir);
	return object_store_open(dir, ret, err);
}

/* gc and fsck work on files: the store's own folder on the appliance unless one is named. */
static int open_files(const struct arguments *a, struct object_store **ret, struct err *err)
{
	if (!a->store && getenv("SLIPWAY_SERVER"))
		return err_set(
			err, ERR_UNSUPPORTED,
			"this verb works on the files of a store: run it on the appliance, or "
			"name a folder with --store");
	return open_existing(a->store ? a->store : STORE_DEFAULT, ret, err);
}

/* 0: it is a pipe, whose end is not known. */
static uint64_t regular_size(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

static int import(const struct arguments *a, const char *path, struct manifest **ret,
		  struct err *err)
{
	AUTO(object_store) struct object_store *store = NULL;
	AUTO(trust_root) struct trust_root *root = NULL;
	autoclose int fd = str_eq(path, "-") ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open '%s'",
			       path);
	TRY(trust_root_load(a->root, &root, err));
	TRY(object_store_open(a->store, &store, err));
	struct progress_follow reading = {"import", fd, regular_size(fd), CHILD_NONE};
	progress_follow(&reading);
	int rc = object_store_import_fd(store, fd, root, a->reason, ret, err);
	progress_unfollow(&reading);
	return rc;
}

/* ---- by the server --------------------------------------------------------------------------- */

static void print_image_json(const json_t *doc)
{
	printf("%s@%s %s seq %lld %s\n", json_string_value(json_object_get(doc, "line")),
	       json_string_value(json_object_get(doc, "version")),
	       json_string_value(json_object_get(doc, "arch")),
	       (long long)json_integer_value(json_object_get(doc, "seq")),
	       json_string_value(json_object_get(doc, "digest")));
}

static int send(const struct http_call *call, struct progress_follow *wait, struct err *err)
{
	struct http_reply reply;

	if (wait)
		progress_follow(wait);
	int rc = api_call(call, &reply, err);
	if (wait)
		progress_unfollow(wait);
	autojson json_t *doc = rc >= 0 ? json_loads(reply.body, 0, NULL) : NULL;

	if (doc)
		print_image_json(doc);
	http_reply_done(&reply);
	return rc;
}

/* The manifest and the signatures, which are in the head, and the size name the archive well enough
 * to go on with its upload. */
static int upload_id(int fd, uint64_t size_bytes, char ret[static SHA256_HEX_BYTES],
		     struct err *err)
{
	autofree char *head = xcalloc(1, ID_HEAD_BYTES);
	ssize_t n = pread(fd, head, ID_HEAD_BYTES - sizeof(size_bytes), 0);

	if (n < 0)
		return err_sys(err, ERR_IO, "cannot read the archive");
	memcpy(head + n, &size_bytes, sizeof(size_bytes));
	sha256_hex_of(head, (size_t)n + sizeof(size_bytes), ret);
	return 0;
}

static int ask_offset(const char *path, uint64_t *ret, struct err *err)
{
	autojson json_t *doc = NULL;

	TRY(api_get(path, &doc, err));
	*ret = (uint64_t)json_integer_value(json_object_get(doc, "bytes"));
	return 0;
}

static int send_part(const char *path, int fd, uint64_t offset, uint64_t size_bytes, char *part,
		     struct err *err)
{
	uint64_t left = size_bytes - offset;
	size_t n = left < PART_BYTES ? (size_t)left : PART_BYTES;
	autofree char *at = xasprintf("%s?offset=%" PRIu64, path, offset);
	const struct http_call call = {.method = "PUT",
				       .path = at,
				       .content_type = "application/octet-stream",
				       .body = part,
				       .body_bytes = n};
	struct http_reply reply;
	int rc;

	if (pread(fd, part, n, (off_t)offset) != (ssize_t)n)
		return err_sys(err, ERR_IO, "cannot read the archive");
	rc = api_call(&call, &reply, err);
	http_reply_done(&reply);
	return rc;
}

static bool may_pass(const struct err *err)
{
	return err->code == ERR_IMAGE_UPLOAD || err_class(err->code) == ERR_CLASS_RETRY;
}

/* What may pass (a broken connection, a busy server, another upload's part) is tried again from
 * where the server is. */
static int send_parts(const char *path, int fd, uint64_t size_bytes, struct err *err)
{
	autofree char *part = xmalloc(PART_BYTES);
	unsigned n_failed = 0;
	uint64_t offset = 0;
	int rc = ask_offset(path, &offset, err);

	if (rc >= 0 && offset)
		fprintf(stderr, "going on after %" PRIu64 " of %" PRIu64 " bytes\n", offset,
			size_bytes);
	while (rc < 0 || offset < size_bytes) {
		if (rc >= 0)
			rc = send_part(path, fd, offset, size_bytes, part, err);
		if (rc >= 0) {
			offset += size_bytes - offset < PART_BYTES ? size_bytes - offset
								   : PART_BYTES;
			n_failed = 0;
			progress_show("upload", offset, size_bytes);
			continue;
		}
		if (++n_failed > TRIES_MAX || !may_pass(err))
			return rc;
		(void)sleep(1);
		err_clear(err);
		rc = ask_offset(path, &offset, err);
	}
	return 0;
}

/* A server that went away while it imported may have lost the upload: from the start, then. */
static int send_and_import(const char *parts, const char *images, int fd, uint64_t size_bytes,
			   struct err *err)
{
	const struct http_call call = {
		.method = "POST", .path = images, .timeout_ms = IMPORT_TIMEOUT_MS};
	unsigned n_failed = 0;

	for (;;) {
		struct progress_follow checks = {"the server checks every byte of it", -1, 0,
						 CHILD_NONE};
		int rc = send_parts(parts, fd, size_bytes, err);

		progress_end();
		TRY(rc);
		rc = send(&call, &checks, err);
		if (rc >= 0 || !may_pass(err) || ++n_failed > IMPORTS_MAX)
			return rc;
		(void)sleep(1);
		err_clear(err);
	}
}

static int upload(const struct arguments *a, const char *file, struct err *err)
{
	autoclose int fd = open(file, O_RDONLY | O_CLOEXEC);
	autofree char *parts = NULL;
	char id[SHA256_HEX_BYTES];
	struct stat st;
	autostr struct str path;

	str_init(&path, 4096);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open '%s'",
			       file);
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return err_set(err, ERR_IMAGE_NOT_ARCHIVE, "'%s' is not a file with an archive",
			       file);
	TRY(upload_id(fd, (uint64_t)st.st_size, id, err));
	parts = api_path("/api/v1/uploads/", id, "");
	str_addf(&path, "/api/v1/images?upload=%s", id);
	if (a->reason) {
		str_add(&path, "&rollback_reason=");
		str_add_url(&path, a->reason);
	}
	return send_and_import(parts, path.p, fd, (uint64_t)st.st_size, err);
}

static int remove_by_server(const struct arguments *a, const char *name, struct err *err)
{
	autofree char *path = api_path("/api/v1/images/", name, a->arch ? "?arch=" : "");
	autofree char *whole = xasprintf("%s%s", path, a->arch ? a->arch : "");
	const struct http_call call = {.method = "DELETE", .path = whole};

	return send(&call, NULL, err);
}

int image_import_command(int argc, char **argv)
{
	struct arguments a;
	struct err err = ERR_INIT;
	AUTO(manifest) struct manifest *m = NULL;
	const char *name;
	int status = read_arguments(argc, argv, &a, &name);

	if (status)
		return status;
	if (a.by_server)
		return upload(&a, name, &err) < 0 ? command_fail(&err) : EXIT_WELL;
	if (import(&a, name, &m, &err) < 0)
		return command_fail(&err);
	print_image(m);
	return EXIT_WELL;
}

/* ---- list ------------------------------------------------------------------------------------ */

static bool list_line(void *arg, const struct manifest *m)
{
	(void)arg;
	print_image(m);
	return true;
}

static bool list_json(void *arg, const struct manifest *m)
{
	autofree char *text = manifest_show_json(m);

	json_array_append_new(arg, json_loads(text, 0, NULL));
	return true;
}

static const struct column image_columns[] = {
	{"LINE", "line", COLUMN_KEY},      {"VERSION", "version", COLUMN_KEY},
	{"ARCH", "arch", COLUMN_KEY},      {"SEQ", "seq", COLUMN_TEXT},
	{"DIGEST", "digest", COLUMN_TEXT}, {NULL, NULL, COLUMN_TEXT},
};

static int list_of_server(bool json)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	json_t *images;

	if (api_get("/api/v1/images", &doc, &err) < 0)
		return command_fail(&err);
	images = json_object_get(doc, "images");
	if (json)
		api_print_json(images);
	else
		table_print(images, image_columns);
	return EXIT_WELL;
}

int image_list_command(int argc, char **argv)
{
	struct arguments a;
	struct err err = ERR_INIT;
	AUTO(object_store) struct object_store *store = NULL;
	autojson json_t *list = json_array();
	int status = read_arguments(argc, argv, &a, NULL);

	if (status)
		return status;
	if (a.by_server)
		return list_of_server(a.json);
	if (open_existing(a.store, &store, &err) < 0 ||
	    object_store_list(store, a.json ? list_json : list_line, list, &err) < 0)
		return command_fail(&err);
	if (a.json) {
		autofree char *text = json_text(list);

		puts(text);
	}
	return EXIT_WELL;
}

/* What cannot be read any more can still be removed, by its digest. */
static int remove_from(const struct arguments *a, const char *name, struct err *err)
{
	AUTO(object_store) struct object_store *store = NULL;
	AUTO(manifest) struct manifest *m = NULL;
	uint8_t digest[SHA256_BYTES];
	int status;

	TRY(open_existing(a->store, &store, err));
	status = object_store_find(store, name, a->arch, &m, err);
	if (status != -ERR_IMAGE_DAMAGED || !object_name_is_digest(name, digest))
		TRY(status);
	TRY(object_store_remove(store, m ? m->digest : digest, err));
	if (m)
		print_image(m);
	return 0;
}

int image_remove_command(int argc, char **argv)
{
	struct arguments a;
	struct err err = ERR_INIT;
	const char *name;
	int status = read_arguments(argc, argv, &a, &name);

	if (status)
		return status;
	if (a.by_server) {
		if (remove_by_server(&a, name, &err) < 0)
			return command_fail(&err);
		printf("removed\n");
		return EXIT_WELL;
	}
	return remove_from(&a, name, &err) < 0 ? command_fail(&err) : EXIT_WELL;
}

/* ---- gc and fsck ----------------------------------------------------------------------------- */

int image_gc_command(int argc, char **argv)
{
	struct arguments a;
	struct err err = ERR_INIT;
	AUTO(object_store) struct object_store *store = NULL;
	struct object_store_report r;
	int status = read_arguments(argc, argv, &a, NULL);

	if (status)
		return status;
	if (open_files(&a, &store, &err) < 0 || object_store_gc(store, &r, &err) < 0)
		return command_fail(&err);
	printf("%zu images, %zu objects kept, %zu removed (%" PRIu64 " bytes)\n", r.n_images,
	       r.n_objects, r.n_removed, r.removed_bytes);
	return EXIT_WELL;
}

static void print_bad(void *arg, const char *what)
{
	(void)arg;
	fprintf(stderr, "%s\n", what);
}

int image_fsck_command(int argc, char **argv)
{
	struct arguments a;
	struct err err = ERR_INIT;
	AUTO(object_store) struct object_store *store = NULL;
	struct object_store_report r;
	int status = read_arguments(argc, argv, &a, NULL);

	if (status)
		return status;
	if (open_files(&a, &store, &err) < 0 ||
	    object_store_fsck(store, a.quarantine, print_bad, NULL, &r, &err) < 0)
		return command_fail(&err);
	printf("%zu images, %zu objects, %" PRIu64 " bytes, %zu bad\n", r.n_images, r.n_objects,
	       r.total_bytes, r.n_bad);
	return r.n_bad ? EXIT_FAILED : EXIT_WELL;
}
