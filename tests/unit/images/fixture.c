/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fixture of image tests; see fixture.h.
 */
#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/file.h>
#include <base/str.h>

const char *fixture_path(const struct fixture *f, const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", f->dir, name);
	return path;
}

static void must(int status, const struct err *err)
{
	if (status < 0) {
		fprintf(stderr, "fixture: %s [%s]\n", err->msg, err_name(err->code));
		abort();
	}
}

static void make_keys(struct fixture *f)
{
	struct err err = ERR_INIT;

	for (int i = 0; i < FIXTURE_KEYS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "key%d", i);
		/* Key 2 is of the kind that hardware holds. */
		must(key_generate(i == 2 ? KEY_ECDSA_P256 : KEY_ED25519, fixture_path(f, name),
				  &err),
		     &err);
		must(signer_from_file(fixture_path(f, name), &f->signers[i], &err), &err);
	}
}

struct trust_root *fixture_root(const struct fixture *f, void (*edit)(struct trust_root *r),
				unsigned signers)
{
	struct trust_root *r = trust_root_new();
	struct err err = ERR_INIT;

	r->created_s = 1000;
	r->expires_s = 2000000000;
	for (int i = 0; i < 3; i++) {
		struct trust_key *key;

		must(trust_root_key(r, signer_public_key(f->signers[i]), &key, &err), &err);
		key->may[TRUST_ROLE_IMAGE] = true;
		key->may[TRUST_ROLE_ROOT] = i == 0 || i == 1;
		key->n_lines = 1;
		(void)str_copy(key->lines[0], sizeof(key->lines[0]), "*");
	}
	if (edit)
		edit(r);
	must(trust_root_seal(&r, &err), &err);
	for (int i = 0; i < FIXTURE_KEYS; i++)
		if (signers & 1u << i)
			must(trust_root_sign(r, f->signers[i], &err), &err);
	return r;
}

char *fixture_envelope(const struct trust_root *r)
{
	return trust_root_envelope(r);
}

void fixture_disk(const char *path, size_t n_bytes, unsigned seed)
{
	autofree uint8_t *p = xcalloc(1, n_bytes);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < n_bytes; i++)
		if (i < n_bytes / 3 || i >= n_bytes / 3 * 2)
			p[i] = (uint8_t)((i * 2654435761u + seed) >> 13);
	p[510] = 0x55;
	p[511] = 0xaa;
	must(file_write_atomic(path, p, n_bytes, 0600, &err), &err);
}

char *fixture_archive(const struct fixture *f, const char *path, size_t disk_bytes,
		      const char *line, uint64_t seq, size_t *ret_n)
{
	autofree char *disk = xasprintf("%s.disk", path);
	struct image_build_request r = {.input = disk,
					.output = path,
					.line = line,
					.version = "1.0",
					.arch = IMAGE_ARCH_X86_64,
					.seq = seq,
					.chunk_bytes = CHUNK_MIN_BYTES,
					.raw = true,
					.created_s = 1700000000};
	const struct signer *signer = f->signers[0];
	struct err err = ERR_INIT;
	char *p;

	fixture_disk(disk, disk_bytes, 1);
	must(image_build(&r, NULL, &err), &err);
	must(archive_sign(path, &signer, 1, &err), &err);
	must(file_read(path, 64 << 20, &p, ret_n, &err), &err);
	return p;
}

int fixture_setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	(void)str_copy(f->dir, sizeof(f->dir), "/tmp/slipway-images.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	make_keys(f);
	f->root = fixture_root(f, NULL, 1);
	f->archive_path = xasprintf("%s/small.slip", f->dir);
	f->archive = fixture_archive(f, f->archive_path, 16384, "debian12", 7, &f->n_archive);
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < FIXTURE_KEYS; i++)
		signer_free(f->signers[i]);
	trust_root_free(f->root);
	free(f->archive_path);
	free(f->archive);
	IGNORE_RESULT(file_remove_tree(f->dir, NULL));
	free(f);
	return 0;
}

int fixture_verify(const void *p, size_t n_bytes, const struct trust_root *root,
		   const struct image_policy *policy, struct err *err)
{
	AUTO(image_verify) struct image_verify *v = image_verify_new(root, policy);
	size_t at = 0;

	for (;;) {
		struct image_step step;
		int status;

		image_verify_next(v, &step);
		if (step.want == IMAGE_DONE)
			return 0;
		if (step.want == IMAGE_WANT_END)
			status = image_verify_end(v, at < n_bytes, err);
		else if (step.n_bytes > n_bytes - at)
			status = image_verify_truncated(v, err);
		else
			status = image_verify_give(v, (const char *)p + at, step.n_bytes, err);
		if (status < 0)
			return status;
		at += step.want == IMAGE_WANT_END ? 0 : step.n_bytes;
	}
}
