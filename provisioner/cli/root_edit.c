/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway root init, add-key, revoke, rotate, sign: everything that makes a new version. One set of
 * options serves all; each verb checks that it got those that it needs.
 */
#include "root_commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <images/root_edit.h>

#include "name_value.h"
#include "signers.h"

#define DAYS_DEFAULT 396 /* thirteen months */
#define DAY_S        86400

struct arguments {
	bool lab, hardened;
	const char *dir, *output, *root;
	struct option_list keys[_TRUST_ROLE_MAX], lines, key_ids, images, floors;
	uint64_t threshold[_TRUST_ROLE_MAX], days;
	struct signer_words who;
};

#define MEMBER(name) offsetof(struct arguments, name)
static const struct option_row options[] = {
	{"lab", OPTION_FLAG, MEMBER(lab), NULL, NULL},
	{"hardened", OPTION_FLAG, MEMBER(hardened), NULL, NULL},
	{"dir", OPTION_TEXT, MEMBER(dir), NULL, NULL},
	{"output", OPTION_TEXT, MEMBER(output), NULL, NULL},
	{"root", OPTION_TEXT, MEMBER(root), NULL, NULL},
	{"root-key", OPTION_LIST, MEMBER(keys[TRUST_ROLE_ROOT]), NULL, NULL},
	{"image-key", OPTION_LIST, MEMBER(keys[TRUST_ROLE_IMAGE]), NULL, NULL},
	{"channel-key", OPTION_LIST, MEMBER(keys[TRUST_ROLE_CHANNEL]), NULL, NULL},
	{"root-threshold", OPTION_NUMBER, MEMBER(threshold[TRUST_ROLE_ROOT]), NULL, NULL},
	{"image-threshold", OPTION_NUMBER, MEMBER(threshold[TRUST_ROLE_IMAGE]), NULL, NULL},
	{"channel-threshold", OPTION_NUMBER, MEMBER(threshold[TRUST_ROLE_CHANNEL]), NULL, NULL},
	{"line", OPTION_LIST, MEMBER(lines), NULL, NULL},
	{"days", OPTION_NUMBER, MEMBER(days), NULL, NULL},
	{"key-id", OPTION_LIST, MEMBER(key_ids), NULL, NULL},
	{"image", OPTION_LIST, MEMBER(images), NULL, NULL},
	{"floor", OPTION_LIST, MEMBER(floors), NULL, NULL},
	SIGNER_OPTIONS("sign", struct arguments, who),
};

static int read_arguments(int argc, char **argv, struct arguments *a)
{
	struct words words;

	*a = (struct arguments){.days = DAYS_DEFAULT};
	return option_table_read(argc, argv, OPTION_TABLE(options, 0, 0), a, &words);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static int set_lines(struct trust_key *entry, const struct option_list *lines, struct err *err)
{
	entry->n_lines = lines->n ? lines->n : 1;
	(void)str_copy(entry->lines[0], sizeof(entry->lines[0]), "*");
	for (size_t i = 0; i < lines->n; i++)
		if (!str_copy(entry->lines[i], sizeof(entry->lines[i]), lines->items[i]))
			return err_set(err, ERR_INVALID, "'%s' is too long for a line pattern",
				       lines->items[i]);
	return 0;
}

/* Keys of images and channels are limited to lines; keys of roots are not. The first keys of a role
 * demand one signature.
 */
static int add_keys(struct trust_root *r, enum trust_role role, const struct arguments *a,
		    struct err *err)
{
	const struct option_list *paths = &a->keys[role];

	for (size_t i = 0; i < paths->n; i++) {
		struct public_key key;
		struct trust_key *entry;

		TRY(public_key_load(paths->items[i], &key, err));
		TRY(trust_root_key(r, &key, &entry, err));
		entry->may[role] = true;
		if (role != TRUST_ROLE_ROOT)
			TRY(set_lines(entry, &a->lines, err));
	}
	if (a->threshold[role])
		r->threshold[role] = (unsigned)a->threshold[role];
	else if (paths->n && !r->threshold[role])
		r->threshold[role] = 1;
	return 0;
}

/* To revoke a key that was never trusted is a typing mistake. */
static bool is_in_root(const struct trust_root *r, const uint8_t *id)
{
	for (size_t i = 0; i < r->n_keys; i++)
		if (!memcmp(r->keys[i].key.id, id, SHA256_BYTES))
			return true;
	return false;
}

static int revoke_all(struct trust_root *r, const struct option_list *ids, bool image,
		      struct err *err)
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

static int set_floors(struct trust_root *r, const struct option_list *floors, struct err *err)
{
	for (size_t i = 0; i < floors->n; i++) {
		struct sv name;
		const char *text;
		uint64_t seq;

		if (!name_value_split(floors->items[i], &name, &text) || !parse_u64(text, &seq) ||
		    !seq)
			return err_set(err, ERR_INVALID, "'%s' is not LINE=SEQ", floors->items[i]);
		autofree char *line = xstrndup(name.p, name.n);
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
	for (int role = 0; role < _TRUST_ROLE_MAX; role++)
		TRY(add_keys(r, (enum trust_role)role, a, err));
	TRY(revoke_all(r, &a->key_ids, false, err));
	TRY(revoke_all(r, &a->images, true, err));
	return set_floors(r, &a->floors, err);
}

static int sign_all(struct trust_root *r, const struct arguments *a, struct err *err)
{
	autosigners struct signers signers;

	TRY(signers_open(&a->who, &signers, err));
	for (size_t i = 0; i < signers.n; i++)
		TRY(trust_root_sign(r, signers.items[i], err));
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
	       (unsigned long long)r->seq, n, r->threshold[TRUST_ROLE_ROOT],
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
	a->keys[TRUST_ROLE_ROOT] = (struct option_list){{root_pub}, 1};
	a->keys[TRUST_ROLE_IMAGE] = (struct option_list){{image_pub}, 1};
	a->who.files = (struct option_list){{root_key}, 1};
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
	if (!a.output || !a.keys[TRUST_ROLE_ROOT].n || !a.keys[TRUST_ROLE_IMAGE].n)
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
	if (!a.root || !a.output || !signer_words_given(&a.who) || !has_needed(&a))
		return command_usage("%s", needed);
	status = next_version(&a, &r, &err);
	return report(status, r, a.output, &err);
}

static bool has_key(const struct arguments *a)
{
	size_t n = 0;

	for (size_t role = 0; role < _TRUST_ROLE_MAX; role++)
		n += a->keys[role].n;
	return n > 0;
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

	TRY(envelope_read_file(a->root, TRUST_ROOT_MAX_BYTES, &text, &n_bytes, err));
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
	if (!a.root || !signer_words_given(&a.who))
		return command_usage("--root and --sign are needed");
	status = sign_in_place(&a, &r, &err);
	return report(status, r, a.root, &err);
}
