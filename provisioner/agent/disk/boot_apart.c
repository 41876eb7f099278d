/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links on a boot partition; see boot_apart.h. Input: an image's links, which may lead anywhere.
 */
#include "boot_apart.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <base/cleanup.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "new_root.h"

#define KERNEL_CONFIG "/etc/kernel-img.conf" /* Debian's linux-update-symlinks reads it */
#define LINKS_IN_BOOT "link_in_boot"

/* In Debian's family kernels keep these in the root. */
static const char *const kernel_links[] = {"vmlinuz", "initrd.img", "vmlinuz.old",
					   "initrd.img.old"};

/* The name in /boot to which a link of the root leads; false if it leads elsewhere. */
static bool leads_to_boot(int root_fd, const char *name, char *ret, size_t ret_bytes)
{
	char to[PATH_MAX];
	ssize_t n = readlinkat(root_fd, name, to, sizeof(to) - 1);
	const char *at = to;

	if (n <= 0)
		return false;
	to[n] = '\0';
	at += *at == '/';
	if (!str_starts(at, "boot/") || strchr(at + strlen("boot/"), '/'))
		return false;
	return at[strlen("boot/")] && str_copy(ret, ret_bytes, at + strlen("boot/"));
}

static int put_kernel_links(int root_fd, struct err *err)
{
	char to[NAME_MAX + 1];

	for (size_t i = 0; i < ARRAY_LEN(kernel_links); i++) {
		autofree char *path = xasprintf("/boot/%s", kernel_links[i]);

		if (leads_to_boot(root_fd, kernel_links[i], to, sizeof(to)) &&
		    !str_eq(to, kernel_links[i]))
			TRY(new_root_symlink(root_fd, to, path, err));
	}
	return 0;
}

static bool is_setting(struct sv line, const char *name)
{
	struct sv key = sv_trim(sv_split(&line, '='));

	return sv_eq_str(key, name);
}

/* So that the next kernel's links come to lie on the partition, too. */
static int put_kernel_config(int root_fd, struct err *err)
{
	autofree char *old = NULL;
	autostr struct str text = {0};
	size_t n_bytes = 0;

	if (!new_root_exists(root_fd, "/var/lib/dpkg"))
		return 0;
	if (new_root_read(root_fd, KERNEL_CONFIG, 64 * KIB, &old, &n_bytes, NULL) < 0)
		old = xstrdup("");
	str_init(&text, 128 * KIB);
	struct sv rest = sv_of(old);
	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');

		if (is_setting(line, LINKS_IN_BOOT))
			continue;
		str_addn(&text, line.p, line.n);
		str_addc(&text, '\n');
	}
	str_add(&text, LINKS_IN_BOOT " = yes\n");
	return new_root_write(
		root_fd,
		&(struct new_root_file){
			.path = KERNEL_CONFIG, .p = text.p, .n_bytes = text.n_bytes, .mode = 0644},
		err);
}

int boot_apart_put(int root_fd, const struct personal *p, struct err *err)
{
	if (!p->boot_is_apart)
		return 0;
	TRY(new_root_symlink(root_fd, ".", "/boot/boot", err));
	TRY(put_kernel_links(root_fd, err));
	return put_kernel_config(root_fd, err);
}
