/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests of images stand on: a folder of their own, keys, a trust root, and a small valid
 * archive in memory, all made by the real tool code.
 */
#ifndef TESTS_UNIT_IMAGES_FIXTURE_H
#define TESTS_UNIT_IMAGES_FIXTURE_H

#include <tests/harness/check.h>

#include <images/archive.h>
#include <images/build.h>
#include <images/manifest.h>
#include <images/root_edit.h>
#include <images/signer.h>
#include <images/trust_root.h>
#include <images/verify.h>

#define FIXTURE_KEYS 4

struct fixture {
	char dir[64];
	struct signer *signers[FIXTURE_KEYS]; /* 0: root and image; 1, 2: image; 3: in no root */
	struct trust_root *root;              /* threshold 1 of keys 0 to 2, any line */
	char *archive_path;
	char *archive; /* signed by key 0 */
	size_t n_archive;
};

/* For cmocka's group setup and teardown; *state is the fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* A path in the fixture's folder; valid until the next call but three. */
const char *fixture_path(const struct fixture *f, const char *name);

/* A sealed and signed root. edit may be NULL. signers: bit i for key i. */
struct trust_root *fixture_root(const struct fixture *f, void (*edit)(struct trust_root *r),
				unsigned signers);
/* The envelope's bytes. The caller frees. */
char *fixture_envelope(const struct trust_root *r);

/* A raw disk of n_bytes with a pattern and a hole in its middle, written to path. */
void fixture_disk(const char *path, size_t n_bytes, unsigned seed);
/* Build an archive of a raw disk, signed with key 0; returns its bytes, the caller frees. */
char *fixture_archive(const struct fixture *f, const char *path, size_t disk_bytes,
		      const char *line, uint64_t seq, size_t *ret_n);

/* Drive the verifier over bytes in memory. */
int fixture_verify(const void *p, size_t n_bytes, const struct trust_root *root,
		   const struct image_policy *policy, struct err *err);

#endif
