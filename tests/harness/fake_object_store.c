/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An object store for tests of the server: holds no files, knows one image per architecture, named
 * by fake_object_store_set("debian12", "1"). Imports are refused. Linked instead of the real one.
 */
#include "tests/harness/fake_object_store.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/str.h>
#include <images/object_store.h>

static bool damaged, quarantined;
static char known_line[MANIFEST_NAME_BYTES], known_version[MANIFEST_NAME_BYTES];

struct object_store {
	int nothing;
};

void fake_object_store_set(const char *line, const char *version)
{
	(void)str_copy(known_line, sizeof(known_line), line);
	(void)str_copy(known_version, sizeof(known_version), version);
}

int object_store_open(const char *dir, struct object_store **ret, struct err *err)
{
	(void)dir;
	(void)err;
	*ret = xcalloc(1, sizeof(**ret));
	return 0;
}

void object_store_free(struct object_store *s)
{
	free(s);
}

static struct manifest *make(const char *arch)
{
	struct manifest *m = xcalloc(1, sizeof(*m));

	(void)str_copy(m->line, sizeof(m->line), known_line);
	(void)str_copy(m->version, sizeof(m->version), known_version);
	m->seq = 2;
	m->arch = str_eq(arch, "aarch64") ? IMAGE_ARCH_AARCH64 : IMAGE_ARCH_X86_64;
	m->firmware = IMAGE_FIRMWARE_UEFI |
		      (m->arch == IMAGE_ARCH_X86_64 ? IMAGE_FIRMWARE_BIOS : 0);
	m->min_disk_bytes = 2ULL << 30;
	sha256_of(arch, strlen(arch), m->digest);
	return m;
}

/* One that takes the partitions of a layout. */
static void as_unpacked(struct manifest *m)
{
	m->n_partitions = m->n_payloads = 1;
	m->partitions[0] = (struct manifest_partition){.number = 3,
						       .role = PARTITION_ROLE_ROOT,
						       .fs = PARTITION_FS_EXT4,
						       .start_bytes = 1 << 20,
						       .size_bytes = 1 << 30};
	m->payloads[0].role = PAYLOAD_ROLE_ROOTFS;
	m->payloads[0].partition = 3;
	m->payloads[0].size_bytes = 1 << 29;
}

/* Images that no host of a test can take. */
static struct manifest *make_odd(const char *name, const char *arch)
{
	struct manifest *m = make(arch ? arch : "x86_64");

	if (str_eq(name, "odd@old"))
		m->seq--;
	else if (str_eq(name, "odd@arch"))
		m->arch = m->arch == IMAGE_ARCH_X86_64 ? IMAGE_ARCH_AARCH64 : IMAGE_ARCH_X86_64;
	else if (str_eq(name, "odd@firmware"))
		m->firmware = 0;
	else if (str_eq(name, "odd@sector")) {
		m->sector_bytes = 512;
		m->n_payloads = 1;
		m->payloads[0].role = PAYLOAD_ROLE_DISK;
	} else if (str_eq(name, "odd@unpacked"))
		as_unpacked(m);
	else
		m->min_disk_bytes = 1ULL << 50;
	return m;
}

int object_store_find(struct object_store *s, const char *name, const char *arch,
		      struct manifest **ret, struct err *err)
{
	(void)s;
	autofree char *exact = xasprintf("%s@%s", known_line, known_version);
	autofree char *latest = xasprintf("%s@latest", known_line);
	if (known_line[0] && str_starts(name, "odd@")) {
		*ret = make_odd(name, arch);
		return 0;
	}
	if (!known_line[0] || (!str_eq(name, exact) && !str_eq(name, latest)))
		return err_set(err, ERR_NOT_FOUND, "no image '%s'", name);
	*ret = make(arch ? arch : "x86_64");
	return 0;
}

bool object_name_is_latest(const char *name, char ret_line[static MANIFEST_NAME_BYTES])
{
	(void)str_copy(ret_line, MANIFEST_NAME_BYTES, known_line);
	return str_ends(name, "@latest");
}

bool object_name_is_digest(const char *name, uint8_t ret_digest[static SHA256_BYTES])
{
	return strlen(name) == 2 * (size_t)SHA256_BYTES &&
	       hex_decode(name, ret_digest, SHA256_BYTES);
}

int object_store_remove(struct object_store *s, const uint8_t digest[static SHA256_BYTES],
			struct err *err)
{
	(void)s;
	(void)digest;
	(void)err;
	known_line[0] = '\0';
	return 0;
}

void fake_object_store_damage(void)
{
	damaged = true;
}

int object_store_get(struct object_store *s, const uint8_t digest[static SHA256_BYTES],
		     struct manifest **ret, struct err *err)
{
	static const char *const archs[] = {"x86_64", "aarch64"};

	(void)s;
	for (size_t i = 0; known_line[0] && i < ARRAY_LEN(archs); i++) {
		AUTO(manifest) struct manifest *m = make(archs[i]);
		if (!digest_eq(m->digest, digest, SHA256_BYTES))
			continue;
		*ret = take_ptr(m);
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND, "no such image");
}

int object_store_ready(struct object_store *s, const struct manifest *m, struct err *err)
{
	(void)s;
	(void)m;
	return quarantined ? err_set(err, ERR_IMAGE_DAMAGED, "an object is in quarantine") : 0;
}

struct object_check {
	pid_t pid;
	int pidfd;
};

int object_check_start(struct object_store *s, const uint8_t digest[static SHA256_BYTES],
		       struct object_check **ret, int *ret_pidfd, struct err *err)
{
	(void)s;
	(void)digest;
	(void)err;
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->pid = fork();
	if (!(*ret)->pid)
		_exit(0);
	*ret_pidfd = (*ret)->pidfd = (int)syscall(SYS_pidfd_open, (*ret)->pid, 0);
	return 0;
}

int object_check_finish(struct object_check *c, struct object_check_result *ret, struct err *err)
{
	(void)err;
	*ret = (struct object_check_result){.n_objects = 3, .n_bad = damaged};
	quarantined |= damaged;
	object_check_cancel(c);
	return 0;
}

void object_check_cancel(struct object_check *c)
{
	if (!c)
		return;
	(void)waitpid(c->pid, NULL, 0);
	(void)close(c->pidfd);
	free(c);
}

int object_store_list(struct object_store *s, bool (*each)(void *arg, const struct manifest *m),
		      void *arg, struct err *err)
{
	(void)s;
	(void)each;
	(void)arg;
	(void)err;
	return 0;
}

int object_import_start(struct object_store *s, int fd, const struct trust_root *root,
			const char *rollback_reason, struct object_import **ret, struct err *err)
{
	(void)s;
	(void)fd;
	(void)root;
	(void)rollback_reason;
	(void)ret;
	return err_set(err, ERR_IMAGE_NOT_ARCHIVE, "a test takes no images");
}

int object_import_pidfd(const struct object_import *i)
{
	(void)i;
	return -1;
}

int object_import_finish(struct object_import *i, struct manifest **ret, struct err *err)
{
	(void)i;
	(void)ret;
	return err_set(err, ERR_IMAGE_NOT_ARCHIVE, "a test takes no images");
}

void object_import_cancel(struct object_import *i)
{
	(void)i;
}

int object_upload_offset(struct object_store *s, const char *id, uint64_t *ret_bytes,
			 struct err *err)
{
	(void)s;
	(void)id;
	(void)err;
	*ret_bytes = 0;
	return 0;
}

int object_upload_append_fd(struct object_store *s, const char *id, uint64_t offset, int from_fd,
			    uint64_t n_bytes, struct err *err)
{
	(void)s;
	(void)id;
	(void)offset;
	(void)from_fd;
	(void)n_bytes;
	return err_set(err, ERR_IO, "a test takes no images");
}

int object_upload_open(struct object_store *s, const char *id, int *ret_fd, struct err *err)
{
	(void)s;
	(void)id;
	(void)ret_fd;
	return err_set(err, ERR_NOT_FOUND, "a test takes no images");
}

void object_upload_remove(struct object_store *s, const char *id)
{
	(void)s;
	(void)id;
}
