/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway root init, add-key, revoke, rotate, sign: everything that makes a new version. One set of
 * options serves all; each verb checks that it got those that it needs.
 */
#include "root_commands.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <images/root_edit.h>

#define LIST_MAX     16
#define DAYS_DEFAULT 396 /* thirteen months */
#define DAY_S        86400

enum {
	OPT_LAB = 256,
	OPT_DIR,
	OPT_OUTPUT,
	OPT_ROOT,
	OPT_ROOT_KEY,
	OPT_IMAGE_KEY,
	OPT_ROOT_THRESHOLD,
	OPT_IMAGE_THRESHOLD,
	OPT_LINE,
	OPT_DAYS,
	OPT_SIGN,
	OPT_SIGNER_CMD,
	OPT_PUBLIC_KEY,
	OPT_KEY_ID,
	OPT_IMAGE,
	OPT_FLOOR,
	OPT_HARDENED
};

static const struct option options[] = {
	{"lab", no_argument, NULL, OPT_LAB},
	{"dir", required_argument, NULL, OPT_DIR},
	{"output", required_argument, NULL, OPT_OUTPUT},
	{"root", required_argument, NULL, OPT_ROOT},
	{"root-key", required_argument, NULL, OPT_ROOT_KEY},
	{"image-key", required_argument, NULL, OPT_IMAGE_KEY},
	{"root-threshold", required_argument, NULL, OPT_ROOT_THRESHOLD},
	{"image-threshold", required_argument, NULL, OPT_IMAGE_THRESHOLD},
	{"line", required_argument, NULL, OPT_LINE},
	{"days", required_argument, NULL, OPT_DAYS},
	{"sign", required_argument, NULL, OPT_SIGN},
	{"signer-cmd", required_argument, NULL, OPT_SIGNER_CMD},
	{"public-key", required_argument, NULL, OPT_PUBLIC_KEY},
	{"key-id", required_argument, NULL, OPT_KEY_ID},
	{"image", required_argument, NULL, OPT_IMAGE},
	{"floor", required_argument, NULL, OPT_FLOOR},
	{"hardened", no_argument, NULL, OPT_HARDENED},
	{0},
};

struct list {
	const char *items[LIST_MAX];
	size_t n;
};

struct arguments {
	bool lab, hardened;
	const char *dir, *output, *root;
	struct list root_keys, image_keys, lines, key_ids, images, floors;
	struct list sign, commands,
		public_keys; /* who signs: files, and commands with their keys */
	uint64_t root_threshold, image_threshold, days;
};

/* What an option's value is, and where it goes. */
static const struct {
	int option;
	enum { FLAG, TEXT, NUMBER, LIST } kind;
	size_t offset;
} members[] = {
	{OPT_LAB, FLAG, offsetof(struct arguments, lab)},
	{OPT_HARDENED, FLAG, offsetof(struct arguments, hardened)},
	{OPT_DIR, TEXT, offsetof(struct arguments, dir)},
	{OPT_OUTPUT, TEXT, offsetof(struct arguments, output)},
	{OPT_ROOT, TEXT, offsetof(struct arguments, root)},
	{OPT_ROOT_THRESHOLD, NUMBER, offsetof(struct arguments, root_threshold)},
	{OPT_IMAGE_THRESHOLD, NUMBER, offsetof(struct arguments, image_threshold)},
	{OPT_DAYS, NUMBER, offsetof(struct arguments, days)},
	{OPT_ROOT_KEY, LIST, offsetof(struct arguments, root_keys)},
	{OPT_IMAGE_KEY, LIST, offsetof(struct arguments, image_keys)},
	{OPT_LINE, LIST, offsetof(struct arguments, lines)},
	{OPT_SIGN, LIST, offsetof(struct arguments, sign)},
	{OPT_SIGNER_CMD, LIST, offsetof(struct arguments, commands)},
	{OPT_PUBLIC_KEY, LIST, offsetof(struct arguments, public_keys)},
	{OPT_KEY_ID, LIST, offsetof(struct arguments, key_ids)},
	{OPT_IMAGE, LIST, offsetof(struct arguments, images)},
	{OPT_FLOOR, LIST, offsetof(struct arguments, floors)},
};

static bool read_number(const char *text, uint64_t *ret)
{
	return parse_u64(text, ret) && *ret > 0 && *ret < 100000;
}

static bool add_to_list(struct list *list, const char *text)
{
	if (list->n == LIST_MAX)
		return false;
	list->items[list->n++] = text;
	return true;
}

static bool read_member(int option, const char *text, struct arguments *a)
{
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		void *member = (char *)a + members[i].offset;

		if (members[i].option != option)
			continue;
		switch (members[i].kind) {
		case FLAG:
			*(bool *)member = true;
			return true;
		case TEXT:
			*(const char **)member = text;
			return true;
		case NUMBER:
			return read_number(text, member);
		case LIST:
			return add_to_list(member, text);
		}
	}
	return false;
}

static int read_arguments(int argc, char **argv, struct arguments *a)
{
	int option;

	*a = (struct arguments){.days = DAYS_DEFAULT};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!read_member(option, optarg, a))
			return command_usage("an option or its value is not known");
	return argc == optind ? 0 : command_usage("nothing but options is expected");
}

/* ---- steps ----------------------------------------------------------------------------------- */

static int add_keys(struct trust_root *r, const struct list *paths, bool image,
		    const struct list *lines, struct err *err)
{
	for (size_t i = 0; i < paths->n; i++) {
		struct public_key key;
		struct trust_key *entry;

		TRY(public_key_load(paths->items[i], &key, err));
		TRY(trust_root_key(r, &key, &entry, err));
		if (!image) {
			entry->may_root = true;
			continue;
		}
		entry->may_image = true;
		entry->n_lines = lines->n ? lines->n : 1;
		(void)str_copy(entry->lines[0], sizeof(entry->lines[0]), "*");
		for (size_t l = 0; l < lines->n; l++)
			if (!str_copy(entry->lines[l], sizeof(entry->lines[l]), lines->items[l]))
				return err_set(err, ERR_INVALID, "'%s' is no line pattern",
					       lines->items[l]);
	}
	return 0;
}

/* Revoking a key that was never trusted is a slip of the hand. */
static bool is_in_root(const struct trust_root *r, const uint8_t *id)
{
	for (size_t i = 0; i < r->n_keys; i++)
		if (!memcmp(r->keys[i].key.id, id, SHA256_BYTES))
			return true;
	return false;
}

static int revoke_all(struct trust_root *r, const struct list *ids, bool image, struct err *err)
{
	for (size_t i = 0; i < ids->n; i++) {
		uint8_t digest[SHA256_BYTES];

		if (!hex_decode(ids->items[i], digest, sizeof(digest)))
			return err_set(err, ERR_INVALID, "'%s' is not 64 hexadecimal digits",
				       ids->items[i]);
		if (!image && !is_in_root(r, digest))
			return err_set(err, ERR_NOT_FOUND, "no key of the root has the id '%s'",
				       ids->items[i]);
		TRY(image ? trust_root_revoke_image(r, digest, err)
			  : trust_root_revoke_key(r, digest, err));
	}
	return 0;
}

static int set_floors(struct trust_root *r, const struct list *floors, struct err *err)
{
	for (size_t i = 0; i < floors->n; i++) {
		const char *equals = strchr(floors->items[i], '=');
		autofree char *line = NULL;
		uint64_t seq;

		if (!equals || !parse_u64(equals + 1, &seq) || !seq)
			return err_set(err, ERR_INVALID, "'%s' is not LINE=SEQ", floors->items[i]);
		line = xstrndup(floors->items[i], (size_t)(equals - floors->items[i]));
		TRY(trust_root_set_floor(r, line, seq, err));
	}
	return 0;
}

static int edit(struct trust_root *r, const struct arguments *a, struct err *err)
{
	r->created_s = time_wall_us() / 1000000;
	r->expires_s = r->created_s + (int64_t)a->days * DAY_S;
	if (a->hardened)
		r->profile = TRUST_PROFILE_HARDENED;
	if (a->root_threshold)
		r->root_threshold = (unsigned)a->root_threshold;
	if (a->image_threshold)
		r->image_threshold = (unsigned)a->image_threshold;
	TRY(add_keys(r, &a->root_keys, false, NULL, err));
	TRY(add_keys(r, &a->image_keys, true, &a->lines, err));
	TRY(revoke_all(r, &a->key_ids, false, err));
	TRY(revoke_all(r, &a->images, true, err));
	return set_floors(r, &a->floors, err);
}

static bool has_signer(const struct arguments *a)
{
	return a->sign.n || a->commands.n;
}

static int sign_all(struct trust_root *r, const struct arguments *a, struct err *err)
{
	if (a->commands.n != a->public_keys.n)
		return err_set(err, ERR_INVALID,
			       "give each --signer-cmd the --public-key that it signs with");
	for (size_t i = 0; i < a->sign.n; i++) {
		AUTO(signer) struct signer *signer = NULL;

		TRY(signer_from_file(a->sign.items[i], &signer, err));
		TRY(trust_root_sign(r, signer, err));
	}
	for (size_t i = 0; i < a->commands.n; i++) {
		AUTO(signer) struct signer *signer = NULL;

		TRY(signer_from_command(a->commands.items[i], a->public_keys.items[i], &signer,
					err));
		TRY(trust_root_sign(r, signer, err));
	}
	return 0;
}

static int write_root(const struct trust_root *r, const char *path, struct err *err)
{
	autofree char *text = trust_root_envelope(r);

	return file_write_atomic(path, text, strlen(text), 0644, err);
}

static int seal_sign_write(struct trust_root **r, const struct arguments *a, const char *path,
			   struct err *err)
{
	TRY(trust_root_seal(r, err));
	TRY(sign_all(*r, a, err));
	return write_root(*r, path, err);
}

static int report(int status, const struct trust_root *r, const char *path, struct err *err)
{
	unsigned n;

	if (status < 0)
		return command_fail(err);
	n = trust_root_count_signers(r, r);
	printf("%s: trust root %llu, signed by %u of the %u root keys that it needs%s\n", path,
	       (unsigned long long)r->seq, n, r->root_threshold,
	       r->profile == TRUST_PROFILE_LAB ? ", LAB TRUST" : "");
	return EXIT_WELL;
}

/* ---- verbs ----------------------------------------------------------------------------------- */

static int make_lab(struct trust_root **r, struct arguments *a, struct err *err)
{
	autofree char *keys = xasprintf("%s/keys", a->dir),
		      *path = xasprintf("%s/root.json", a->dir);
	autofree char *root_key = xasprintf("%s/root.key", keys);
	autofree char *image_key = xasprintf("%s/image.key", keys);
	autofree char *root_pub = xasprintf("%s.pub", root_key);
	autofree char *image_pub = xasprintf("%s.pub", image_key);

	if (!access(path, F_OK))
		return err_set(err, ERR_EXISTS, "'%s' exists already", path);
	TRY(file_make_dirs(keys, 0700, err));
	TRY(key_generate(KEY_ED25519, root_key, err));
	TRY(key_generate(KEY_ED25519, image_key, err));
	a->root_keys = (struct list){{root_pub}, 1};
	a->image_keys = (struct list){{image_pub}, 1};
	a->sign = (struct list){{root_key}, 1};
	TRY(edit(*r, a, err));
	return seal_sign_write(r, a, path, err);
}

int root_init_command(int argc, char **argv)
{
	struct arguments a;
	struct err err = ERR_INIT;
	AUTO(trust_root) struct trust_root *r = trust_root_new();
	int status = read_arguments(argc, argv, &a);

	if (status)
		return status;
	if (a.lab && !a.dir)
		return command_usage("--lab needs --dir");
	if (a.lab) {
		status = make_lab(&r, &a, &err);
		return report(status, r, a.dir, &err);
	}
	if (!a.output || !a.root_keys.n || !a.image_keys.n)
		return command_usage("--output, --root-key and --image-key are needed");
	status = edit(r, &a, &err);
	if (!status)
		status = seal_sign_write(&r, &a, a.output, &err);
	return report(status, r, a.output, &err);
}

static int next_version(const struct arguments *a, struct trust_root **ret, struct err *err)
{
	AUTO(trust_root) struct trust_root *old = NULL;

	TRY(trust_root_load(a->root, &old, err));
	*ret = trust_root_copy(old);
	(*ret)->seq++;
	TRY(edit(*ret, a, err));
	return seal_sign_write(ret, a, a->output, err);
}

static int change(int argc, char **argv, bool (*has_needed)(const struct arguments *),
		  const char *needed)
{
	struct arguments a;
	struct err err = ERR_INIT;
	AUTO(trust_root) struct trust_root *r = NULL;
	int status = read_arguments(argc, argv, &a);

	if (status)
		return status;
	if (!a.root || !a.output || !has_signer(&a) || !has_needed(&a))
		return command_usage("%s", needed);
	status = next_version(&a, &r, &err);
	return report(status, r, a.output, &err);
}

static bool has_key(const struct arguments *a)
{
	return a->root_keys.n || a->image_keys.n;
}

static bool has_revocation(const struct arguments *a)
{
	return a->key_ids.n || a->images.n;
}

static bool has_anything(const struct arguments *a)
{
	(void)a;
	return true;
}

int root_add_key_command(int argc, char **argv)
{
	return change(argc, argv, has_key, "--root, --output, --sign and a key are needed");
}

int root_revoke_command(int argc, char **argv)
{
	return change(argc, argv, has_revocation,
		      "--root, --output, --sign and --key-id or --image are needed");
}

int root_rotate_command(int argc, char **argv)
{
	return change(argc, argv, has_anything, "--root, --output and --sign are needed");
}

static int sign_in_place(const struct arguments *a, struct trust_root **ret, struct err *err)
{
	autofree char *text = NULL;
	size_t n_bytes;

	TRY(file_read(a->root, TRUST_ROOT_MAX_BYTES, &text, &n_bytes, err));
	while (n_bytes && text[n_bytes - 1] == '\n')
		n_bytes--;
	TRY(trust_root_parse_unsigned(text, n_bytes, ret, err));
	TRY(sign_all(*ret, a, err));
	return write_root(*ret, a->root, err);
}

int root_sign_command(int argc, char **argv)
{
	struct arguments a;
	struct err err = ERR_INIT;
	AUTO(trust_root) struct trust_root *r = NULL;
	int status = read_arguments(argc, argv, &a);

	if (status)
		return status;
	if (!a.root || !has_signer(&a))
		return command_usage("--root and --sign are needed");
	status = sign_in_place(&a, &r, &err);
	return report(status, r, a.root, &err);
}
