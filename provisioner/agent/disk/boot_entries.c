/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot menus with the host's own root file system; see boot_entries.h. Texts are changed word by
 * word: "root=UUID=..." of a kernel's command line, and the UUID that GRUB searches for.
 */
#include "boot_entries.h"

#include <dirent.h>
#include <string.h>

#include <base/cleanup.h>
#include <base/json.h>

#include "kernel_console.h"
#include "new_root.h"

/* The boot loader specification's: on / or /boot, or on the EFI system partition. */
static const char *const entry_folders[] = {"/boot/loader/entries", "/boot/efi/loader/entries",
					    "/efi/loader/entries"};
#define WHOLE_FILE     "/etc/kernel/cmdline" /* one command line and nothing else */
#define ENTRIES_MAX    256
#define UUID_MAX_BYTES 64
#define GRUBENV_BYTES  1024 /* GRUB's block has this size and ends in '#' */
#define WORD_ENDS      " \t\n\"'"

static const struct {
	const char *path;
	mode_t mode;
} files[] = {
	{"/boot/grub/grub.cfg", 0600}, {"/boot/grub2/grub.cfg", 0600},
	{"/etc/kernel/cmdline", 0644}, {"/etc/default/grub", 0644},
	{"/boot/extlinux.conf", 0644}, {"/boot/extlinux/extlinux.conf", 0644},
	{"/boot/grub/grubenv", 0600},  {"/boot/grub2/grubenv", 0600},
};

/* ---- words ----------------------------------------------------------------------------------- */

static bool names_device(struct sv value)
{
	static const char *const kinds[] = {"UUID=", "PARTUUID=", "LABEL=", "PARTLABEL=", "/dev/"};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (sv_starts(value, kinds[i]))
			return true;
	return false;
}

static bool is_fixed(struct sv value)
{
	return names_device(value) && !memchr(value.p, '$', value.n);
}

static struct sv word_at(const char *p)
{
	return (struct sv){p, strcspn(p, WORD_ENDS)};
}

/* "root=VALUE", also as GRUB's environment block has it; an empty value: another word. */
static struct sv root_value(struct sv word, size_t *ret_n_key)
{
	static const char *const keys[] = {"root=", "kernelopts=root="};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		size_t n = strlen(keys[i]);

		*ret_n_key = n;
		if (sv_starts(word, keys[i]))
			return (struct sv){word.p + n, word.n - n};
	}
	return (struct sv){word.p, 0};
}

/* The UUID that a root= of the text names: the builder's. */
static void find_old(const char *text, char ret[static UUID_MAX_BYTES])
{
	static const char kind[] = "UUID=";
	const size_t n_kind = sizeof(kind) - 1;

	ret[0] = '\0';
	while (*text && !ret[0]) {
		struct sv word = word_at(text + strspn(text, WORD_ENDS)), value;
		size_t n_key;

		value = root_value(word, &n_key);
		if (sv_starts(value, kind) && is_fixed(value) && value.n > n_kind &&
		    value.n - n_kind < UUID_MAX_BYTES) {
			memcpy(ret, value.p + n_kind, value.n - n_kind);
			ret[value.n - n_kind] = '\0';
		}
		text = word.p + word.n;
	}
}

struct rewriting {
	char old[UUID_MAX_BYTES];
	const char *root, *boot;
	bool boot_is_apart; /* a variable of the menu speaks of /boot's partition: it is not the root's */
	bool in_search; /* behind "search ... --fs-uuid" of this line */
	bool changed;
	struct str *out;
};

static const char *bare(const char *source)
{
	return str_starts(source, "UUID=") ? source + strlen("UUID=") : "";
}

static bool looks_like_uuid(struct sv word)
{
	size_t n_hex = 0;

	for (size_t i = 0; i < word.n; i++) {
		if (!strchr("0123456789abcdefABCDEF-", word.p[i]))
			return false;
		n_hex += word.p[i] != '-';
	}
	return n_hex >= 8;
}

static void put_new(struct rewriting *w, struct sv before, const char *text)
{
	str_addn(w->out, before.p, before.n);
	str_add(w->out, text);
	w->changed = true;
}

static void put_word(struct rewriting *w, struct sv word)
{
	size_t n_key;
	struct sv value = root_value(word, &n_key);

	w->in_search |= sv_eq_str(word, "--fs-uuid");
	if (value.n && (w->boot_is_apart ? names_device(value) : is_fixed(value)))
		put_new(w, (struct sv){word.p, n_key}, w->root);
	else if (w->old[0] && sv_eq_str(word, w->old) && *bare(w->root))
		put_new(w, (struct sv){word.p, 0}, bare(w->root));
	else if (w->in_search && *bare(w->boot) && looks_like_uuid(word))
		put_new(w, (struct sv){word.p, 0}, bare(w->boot));
	else
		str_addn(w->out, word.p, word.n);
}

bool boot_entries_rewrite(const char *text, const struct boot_sources *s, struct str *out)
{
	struct rewriting w = {
		.root = s->root, .boot = s->boot, .boot_is_apart = s->boot_is_apart, .out = out};

	find_old(text, w.old);
	while (*text) {
		size_t n_between = strspn(text, WORD_ENDS);
		struct sv word = word_at(text + n_between);

		if (memchr(text, '\n', n_between))
			w.in_search = false;
		str_addn(out, text, n_between);
		put_word(&w, word);
		text = word.p + word.n;
	}
	return w.changed;
}

/* ---- files ----------------------------------------------------------------------------------- */

static const char *source_of(const struct personal *p, const char *path)
{
	for (size_t i = 0; i < p->n_mounts; i++)
		if (str_eq(p->mounts[i].path, path))
			return p->mounts[i].source;
	return "";
}

/* GRUB reads a block of fixed size and ignores one that is longer or shorter. */
static int fit_grubenv(const char *path, struct str *text, struct err *err)
{
	while (text->n_bytes && text->p[text->n_bytes - 1] == '#')
		text->p[--text->n_bytes] = '\0';
	if (text->n_bytes > GRUBENV_BYTES)
		return err_set(err, ERR_AGENT_PERSONALISE, "'%s' would have more than %d bytes",
			       path, GRUBENV_BYTES);
	while (text->n_bytes < GRUBENV_BYTES)
		str_addc(text, '#');
	return 0;
}

/* The root file system first, then the console of what came out. */
static bool rewrite(const struct personal *p, const char *path, const char *old, struct str *text)
{
	const char *root = source_of(p, "/");
	const struct boot_sources sources = {root, source_of(p, "/boot"), p->boot_is_apart};
	autostr struct str first = {0};

	str_init(&first, 2 * BOOT_ENTRY_MAX_BYTES);
	bool changed = *root && boot_entries_rewrite(old, &sources, &first);
	const char *now = *root ? first.p : old;
	if (p->console.word)
		return kernel_console_rewrite(now,
					      str_eq(path, WHOLE_FILE) ? KERNEL_LINES_WHOLE
								       : KERNEL_LINES_MENU,
					      &p->console, text) ||
		       changed;
	str_add(text, now);
	return changed;
}

static int put_file(int root_fd, const struct personal *p, const char *path, mode_t mode,
		    struct err *err)
{
	autofree char *old = NULL;
	autostr struct str text = {0};
	size_t n_bytes;

	if (new_root_read(root_fd, path, BOOT_ENTRY_MAX_BYTES, &old, &n_bytes, NULL) < 0)
		return 0;
	str_init(&text, 2 * BOOT_ENTRY_MAX_BYTES);
	if (!rewrite(p, path, old, &text))
		return 0;
	if (str_ends(path, "/grubenv"))
		TRY(fit_grubenv(path, &text, err));
	if (!str_ok(&text))
		return err_set(err, ERR_AGENT_PERSONALISE, "'%s' is too long", path);
	return new_root_write(
		root_fd,
		&(struct new_root_file){
			.path = path, .p = text.p, .n_bytes = text.n_bytes, .mode = mode},
		err);
}

static int put_entries(int root_fd, const struct personal *p, const char *folder, struct err *err)
{
	DIR *dir = new_root_open_folder(root_fd, folder);
	char *names[ENTRIES_MAX];
	const struct dirent *d;
	size_t n = 0;
	int r = 0;

	if (!dir)
		return 0;
	/* the whole list first: writing makes new names */
	while (n < ENTRIES_MAX && (d = readdir(dir)))
		if (str_ends(d->d_name, ".conf"))
			names[n++] = xasprintf("%s/%s", folder, d->d_name);
	(void)closedir(dir);
	for (size_t i = 0; i < n; i++) {
		if (r == 0)
			r = put_file(root_fd, p, names[i], 0644, err);
		free(names[i]);
	}
	return r;
}

int boot_entries_put(int root_fd, const struct personal *p, struct err *err)
{
	if (!*source_of(p, "/") && !p->console.word)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		TRY(put_file(root_fd, p, files[i].path, files[i].mode, err));
	for (size_t i = 0; i < ARRAY_LEN(entry_folders); i++)
		TRY(put_entries(root_fd, p, entry_folders[i], err));
	return 0;
}
