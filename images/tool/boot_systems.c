/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which boot loader a tree brings; see boot_systems.h. Rows for packages come before rows for a
 * filled EFI system partition, and rows that name a system before those that fit any.
 */
#include "boot_systems.h"

#include <inttypes.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

#include "boot_release.h"
#include "pe_image.h"
#include "tree_find.h"

#define SIGNED_GRUB "usr/lib/grub/{grub}-signed/grub{efi}.efi.signed"
#define DEBIAN_SHIM                                                                                \
	{                                                                                          \
		"usr/lib/shim/shim{efi}.efi.signed", "usr/lib/shim/shim{efi}.efi.signed.latest",   \
			"usr/lib/shim/shim{efi}.efi.dualsigned"                                    \
	}
#define FILLED(esp)                                                                                \
	.shim = {esp "/EFI/{vendor}/shim{efi}.efi", esp "/EFI/{vendor}/shim.efi"},                 \
	.loader = {esp "/EFI/{vendor}/grub{efi}.efi", esp "/EFI/{vendor}/grub.efi"}
#define SUSE(ids_, vendor_)                                                                        \
	.ids = ids_, .vendor = vendor_, .kind = BOOT_GRUB,                                         \
	.shim = {"usr/share/efi/{cpu}/shim.efi", "usr/lib64/efi/shim.efi"},                        \
	.loader = {"usr/share/efi/{cpu}/grub.efi", "usr/share/grub2/{grub}/grub.efi",              \
		   "usr/lib64/efi/grub.efi"},                                                      \
	.second_name = "grub.efi", .prefix = "boot/grub2"

const struct boot_system boot_systems[] = {
	{"debian", .ids = "debian", .kind = BOOT_GRUB, .shim = DEBIAN_SHIM, .loader = {SIGNED_GRUB},
	 .vendor = "debian", .prefix = "boot/grub"},
	{"ubuntu", .ids = "ubuntu", .kind = BOOT_GRUB, .shim = DEBIAN_SHIM, .loader = {SIGNED_GRUB},
	 .vendor = "ubuntu", .prefix = "boot/grub"},
	{"opensuse",
	 SUSE("opensuse opensuse-leap opensuse-tumbleweed opensuse-microos suse", "opensuse")},
	{"sles", SUSE("sles sles_sap sle-micro sled", "sles")},
	{"rhel and its kin", .kind = BOOT_GRUB, FILLED("boot/efi"), .prefix = "boot/grub2",
	 .ids = "rhel rocky almalinux centos fedora ol"},
	{"rhel and its kin, image mode", .kind = BOOT_GRUB, FILLED("usr/lib/bootupd/updates"),
	 .prefix = "boot/grub2", .ids = "rhel rocky almalinux centos fedora ol"},
	{"alpine", .ids = "alpine", .kind = BOOT_GRUB_MODULES,
	 .loader = {"usr/lib/grub/{grub}/kernel.img"}, .vendor = "alpine", .prefix = "boot/grub"},
	/* whatever the system calls itself */
	{"packages of Debian's kind", .kind = BOOT_GRUB, .shim = DEBIAN_SHIM,
	 .loader = {SIGNED_GRUB}, .prefix = "boot/grub"},
	{"packages of SUSE's kind", SUSE(NULL, NULL)},
	{"a filled /boot/efi", .kind = BOOT_GRUB, FILLED("boot/efi"), .prefix = "boot/grub"},
	{"a filled /efi", .kind = BOOT_GRUB, FILLED("efi"), .prefix = "boot/grub"},
	{"GRUB's modules", .kind = BOOT_GRUB_MODULES,
	 .loader = {"usr/lib/grub/{grub}/kernel.img", "usr/share/grub2/{grub}/kernel.img"},
	 .prefix = "boot/grub"},
	{"systemd-boot", .kind = BOOT_SYSTEMD, .vendor = "systemd",
	 .loader = {"usr/lib/systemd/boot/efi/systemd-boot{efi}.efi.signed",
		    "usr/lib/systemd/boot/efi/systemd-boot{efi}.efi"}},
	{"unified kernel image", .kind = BOOT_UNIFIED, .vendor = "Linux"},
};
const size_t n_boot_systems = ARRAY_LEN(boot_systems);

/* ---- paths ----------------------------------------------------------------------------------- */

char *boot_pattern(const char *pattern, enum image_arch arch)
{
	bool x86 = arch == IMAGE_ARCH_X86_64;

	const struct {
		const char *word, *text;
	} words[] = {{"{efi}", x86 ? "x64" : "aa64"},
		     {"{cpu}", x86 ? "x86_64" : "aarch64"},
		     {"{grub}", x86 ? "x86_64-efi" : "arm64-efi"}};
	autostr struct str out = {0};

	str_init(&out, 512);
	while (*pattern) {
		size_t i = 0;

		while (i < ARRAY_LEN(words) && !str_starts(pattern, words[i].word))
			i++;
		if (i < ARRAY_LEN(words)) {
			str_add(&out, words[i].text);
			pattern += strlen(words[i].word);
		} else {
			str_addc(&out, *pattern++);
		}
	}
	return str_take(&out);
}

/* One row, for one architecture. */
struct search {
	const struct boot_files *f;
	const struct plan *plan;
	enum image_arch arch;
	const struct release *release;
};

/* vendor: for {vendor}. */
static const struct boot_file *find_one(const struct search *s, const char *pattern,
					const char *vendor)
{
	autofree char *path = boot_pattern(pattern, s->arch);
	char *word = strstr(path, "{vendor}");

	if (word) {
		autofree char *whole = xasprintf("%.*s%s%s", (int)(word - path), path, vendor,
						 word + strlen("{vendor}"));
		return boot_files_find(s->f, s->plan, whole);
	}
	return boot_files_find(s->f, s->plan, path);
}

static const struct boot_file *find_first(const struct search *s,
					  const char *const list[BOOT_CANDIDATES_MAX],
					  const char *vendor)
{
	const struct boot_file *file = NULL;

	for (size_t i = 0; i < BOOT_CANDIDATES_MAX && list[i] && !file; i++)
		file = find_one(s, list[i], vendor);
	return file;
}

/* The folder of {vendor} that has a loader: the system's own before others, then by name. */
static bool find_vendor(const struct search *s, const struct boot_system *row,
			char ret[static BOOT_VENDOR_BYTES])
{
	const char *end = strstr(row->loader[0], "{vendor}");
	autofree char *folder = xstrndup(row->loader[0], (size_t)(end - row->loader[0]));
	const struct plan_node *node = plan_find(s->plan, folder, true);

	ret[0] = '\0';
	for (node = node ? node->first_child : NULL; node; node = node->next) {
		bool better = !ret[0] || release_is(s->release, node->name) ||
			      (!release_is(s->release, ret) && strcmp(node->name, ret) < 0);

		if (node->file->type == AE_IFDIR && strcasecmp(node->name, "BOOT") != 0 && better &&
		    strlen(node->name) < BOOT_VENDOR_BYTES && boot_vendor_is_valid(node->name) &&
		    find_first(s, row->loader, node->name))
			(void)str_copy(ret, BOOT_VENDOR_BYTES, node->name);
	}
	return ret[0];
}

/* ---- programs -------------------------------------------------------------------------------- */

static int check_program(const struct boot_file *file, enum image_arch arch, struct err *err)
{
	autofree char *p = NULL;
	struct pe_image pe;
	size_t n_bytes;

	if (!file)
		return 0;
	TRY(boot_file_read(file, &p, &n_bytes, err));
	if (pe_image_read(p, n_bytes, &pe, err) < 0)
		return err_wrap(err, "'%s'", file->path);
	if (pe.machine == pe_machine_of(arch))
		return 0;
	return err_set(err, ERR_IMAGE_LOADER_ARCH,
		       "'%s' is a program for %s (machine 0x%04x), and the image is for %s",
		       file->path, pe_machine_str(pe.machine), pe.machine, image_arch_str(arch));
}

/* ---- unified kernel images ------------------------------------------------------------------- */

static bool may_be_unified(const char *path)
{
	static const char *const patterns[] = {"boot/efi/EFI/Linux/*.efi", "efi/EFI/Linux/*.efi",
					       "boot/EFI/Linux/*.efi",     "usr/lib/modules/*.efi",
					       "usr/lib/kernel/*.efi",     "boot/*.efi"};

	for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
		if (str_glob(patterns[i], path))
			return true;
	return false;
}

/* Each host gets UUIDs of its own, and this command line cannot be changed: it is signed. */
static int check_command_line(const struct boot_file *file, const struct pe_image *pe,
			      struct err *err)
{
	static const char *const fixed[] = {
		"root=UUID=", "root=PARTUUID=", "root=\"UUID=", "root=/dev/disk/by-"};
	const struct pe_section *line = pe_image_section(pe, ".cmdline");
	autofree char *text =
		line ? xstrndup(line->content.p ? line->content.p : "", line->content.n) : NULL;

	for (size_t i = 0; text && i < ARRAY_LEN(fixed); i++)
		if (strstr(text, fixed[i]))
			return err_set(
				err, ERR_IMAGE_BOOT_LOADER,
				"the command line of the unified kernel image '%s' has '%s...', "
				"but each host's root file system gets a UUID of its own; leave "
				"root= out (systemd finds the partition by its type)",
				file->path, fixed[i]);
	return 0;
}

static int take_unified(const struct boot_file *file, enum image_arch arch, struct boot_loader *l,
			struct err *err)
{
	autofree char *p = NULL;
	struct pe_image pe;
	size_t n_bytes;

	TRY(boot_file_read(file, &p, &n_bytes, err));
	/* others lie in these folders, too */
	if (pe_image_read(p, n_bytes, &pe, NULL) < 0 || !pe_image_section(&pe, ".linux"))
		return 0;
	TRY(check_program(file, arch, err));
	TRY(check_command_line(file, &pe, err));
	if (l->n_unified >= BOOT_PROGRAMS_MAX)
		return err_set(err, ERR_IMAGE_BOOT_LOADER,
			       "the tree has more than %d unified kernel images",
			       BOOT_PROGRAMS_MAX);
	l->unified[l->n_unified++] = file;
	return 0;
}

static int find_unified(const struct search *s, struct boot_loader *l, struct err *err)
{
	for (size_t i = 0; i < s->f->files.n; i++) {
		const struct boot_file *file = &s->f->files.items[i];

		/* only what is there in the end, under its own name */
		if (may_be_unified(file->path) &&
		    boot_files_find(s->f, s->plan, file->path) == file)
			TRY(take_unified(file, s->arch, l, err));
	}
	return 0;
}

/* ---- choosing -------------------------------------------------------------------------------- */

static bool is_wanted(enum layout_boot wanted, enum boot_kind kind)
{
	switch (wanted) {
	case LAYOUT_BOOT_GRUB:
		return kind == BOOT_GRUB || kind == BOOT_GRUB_MODULES;
	case LAYOUT_BOOT_SYSTEMD:
		return kind == BOOT_SYSTEMD;
	case LAYOUT_BOOT_UNIFIED:
		return kind == BOOT_UNIFIED;
	case LAYOUT_BOOT_AUTO:
	case LAYOUT_BOOT_NONE:
	case _LAYOUT_BOOT_MAX:
		break;
	}
	return wanted == LAYOUT_BOOT_AUTO;
}

static void take_vendor(const struct search *s, struct boot_loader *l)
{
	const struct boot_system *row = l->system;

	if (row->vendor)
		(void)str_copy(l->vendor, sizeof(l->vendor), row->vendor);
	else if (!l->vendor[0] && boot_vendor_is_valid(s->release->id))
		(void)str_copy(l->vendor, sizeof(l->vendor), s->release->id);
	else if (!l->vendor[0])
		(void)str_copy(l->vendor, sizeof(l->vendor), "linux");
}

static bool has_kernels(const struct boot_system *row, const struct boot_loader *l)
{
	return (row->kind != BOOT_SYSTEMD && row->kind != BOOT_UNIFIED) || l->n_unified;
}

/* Does the tree have what the row names? Fills what was found. */
static bool try_row(const struct search *s, const struct boot_system *row, struct boot_loader *l)
{
	bool by_vendor = row->loader[0] && strstr(row->loader[0], "{vendor}");

	l->vendor[0] = '\0';
	if (!has_kernels(row, l) || (by_vendor && !find_vendor(s, row, l->vendor)))
		return false;
	l->first = find_first(s, row->loader, l->vendor);
	if (row->loader[0] && !l->first)
		return false;
	l->shim = find_first(s, row->shim, l->vendor);
	l->system = row;
	if (row->kind == BOOT_GRUB_MODULES) {
		const char *end = strrchr(l->first->path, '/');

		(void)snprintf(l->modules, sizeof(l->modules), "%.*s", (int)(end - l->first->path),
			       l->first->path);
		l->first = NULL;
	}
	take_vendor(s, l);
	return true;
}

/* Rows for a system of this name; word NULL: rows for any. */
static bool search_rows_of(const struct search *s, const struct sv *word, enum layout_boot wanted,
			   struct boot_loader *l)
{
	for (size_t i = 0; i < n_boot_systems; i++) {
		const struct boot_system *row = &boot_systems[i];
		bool fits = word ? row->ids && has_word(row->ids, *word) : !row->ids;

		if (fits && is_wanted(wanted, row->kind) && try_row(s, row, l))
			return true;
	}
	return false;
}

/* By the system's own name, by the names of those that it is like, the closest first, and at last
 * by files alone. */
static bool search_rows(const struct search *s, enum layout_boot wanted, struct boot_loader *l)
{
	struct sv own = sv_of(s->release->id), like = sv_of(s->release->like);

	if (search_rows_of(s, &own, wanted, l))
		return true;
	while (like.n) {
		struct sv word = sv_split(&like, ' ');

		if (search_rows_of(s, &word, wanted, l))
			return true;
	}
	return search_rows_of(s, NULL, wanted, l);
}

/* GRUB's folder is where the tree has its configuration. */
static void find_prefix(const struct plan *plan, struct boot_loader *l)
{
	static const char *const prefixes[] = {"boot/grub2", "boot/grub"};
	const char *usual = l->system && l->system->prefix ? l->system->prefix : NULL;

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		autofree char *cfg = xasprintf("%s/grub.cfg", prefixes[i]);

		if (plan_find(plan, cfg, true)) {
			(void)str_copy(l->prefix, sizeof(l->prefix), prefixes[i]);
			return;
		}
	}
	if (!usual)
		usual = plan_find(plan, prefixes[0], true) ? prefixes[0] : prefixes[1];
	(void)str_copy(l->prefix, sizeof(l->prefix), usual);
}

/* The tree has no loader for this architecture: has it one for another? */
static int check_foreign(struct search s, enum layout_boot wanted, struct err *err)
{
	struct boot_loader other = {.system = NULL};
	enum image_arch arch = s.arch;

	s.arch = arch == IMAGE_ARCH_X86_64 ? IMAGE_ARCH_AARCH64 : IMAGE_ARCH_X86_64;
	if (!search_rows(&s, wanted, &other))
		return 0;
	return err_set(err, ERR_IMAGE_LOADER_ARCH,
		       "the boot loader of the tree, '%s', is for %s, and the image is for %s",
		       other.first ? other.first->path : other.modules, image_arch_str(s.arch),
		       image_arch_str(arch));
}

static bool is_grub_wanted(enum layout_boot wanted)
{
	return wanted == LAYOUT_BOOT_GRUB || wanted == LAYOUT_BOOT_AUTO;
}

/* GRUB before the others: kernel images beside it are its own matter then. */
static int search_all(const struct search *s, enum layout_boot wanted, struct boot_loader *ret,
		      bool *ret_found, struct err *err)
{
	*ret_found = is_grub_wanted(wanted) && search_rows(s, LAYOUT_BOOT_GRUB, ret);
	if (*ret_found || wanted == LAYOUT_BOOT_GRUB)
		return 0;
	TRY(find_unified(s, ret, err));
	*ret_found = search_rows(s, wanted, ret);
	return 0;
}

int boot_loader_choose(const struct boot_files *f, const struct plan *plan, enum image_arch arch,
		       enum layout_boot wanted, struct boot_loader *ret, struct err *err)
{
	struct release release;
	struct search s = {.f = f, .plan = plan, .arch = arch, .release = &release};
	bool found;

	*ret = (struct boot_loader){.system = NULL};
	TRY(release_read(f, plan, &release, err));
	TRY(search_all(&s, wanted, ret, &found, err));
	if (!found) {
		*ret = (struct boot_loader){.system = NULL};
		find_prefix(plan, ret);
		return check_foreign(s, wanted, err);
	}
	find_prefix(plan, ret);
	TRY(check_program(ret->shim, arch, err));
	return check_program(ret->first, arch, err);
}
