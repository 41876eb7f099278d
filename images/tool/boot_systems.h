/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How systems lay out their boot loaders: a table with one row for each place where distributions
 * keep them. To add a system, copy one row; a test builds a tree of each row's layout.
 */
#ifndef IMAGES_TOOL_BOOT_SYSTEMS_H
#define IMAGES_TOOL_BOOT_SYSTEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <images/manifest.h>
#include <base/err.h>

#include "boot_files.h"
#include "layout.h"

#define BOOT_VENDOR_BYTES   32
#define BOOT_PROGRAMS_MAX   16
#define BOOT_CANDIDATES_MAX 4

enum boot_kind {
	BOOT_GRUB,         /* a program of its own, with a shim before it if there is one */
	BOOT_GRUB_MODULES, /* a program made from GRUB's modules */
	BOOT_SYSTEMD,      /* systemd-boot, which starts unified kernel images */
	BOOT_UNIFIED,      /* a unified kernel image that firmware starts itself */
};

/* In paths: {efi} is x64 or aa64, {cpu} x86_64 or aarch64, {grub} x86_64-efi or arm64-efi, and
 * {vendor} any one folder, whose name is then the vendor's. */
struct boot_system {
	const char *name;
	const char *ids; /* of os-release, between blanks; NULL: whatever the system calls itself */
	enum boot_kind kind;
	const char *shim[BOOT_CANDIDATES_MAX];   /* the first that is there; none: no shim */
	const char *loader[BOOT_CANDIDATES_MAX]; /* the first that is there; must be there */
	const char *vendor;      /* folder below \EFI; NULL: {vendor} of loader, or os-release's */
	const char *second_name; /* the name by which shim starts GRUB */
	const char *prefix; /* where GRUB's files are, unless the tree has a grub.cfg elsewhere */
};
extern const struct boot_system boot_systems[];
extern const size_t n_boot_systems;

/* The loader of one image. */
struct boot_loader {
	const struct boot_system *system; /* NULL: none for UEFI */
	char vendor[BOOT_VENDOR_BYTES];
	char prefix[16];               /* "boot/grub" or "boot/grub2" */
	char modules[64];              /* BOOT_GRUB_MODULES: their folder in the tree */
	const struct boot_file *shim;  /* NULL: none */
	const struct boot_file *first; /* GRUB, systemd-boot; NULL: made from modules, or none */
	const struct boot_file *unified[BOOT_PROGRAMS_MAX];
	size_t n_unified;
};

/* The loader for UEFI by the tree's own files, and where GRUB's configuration lies. wanted: of the
 * layout. out: ret->system NULL when there is none for this architecture. errors:
 * ERR_IMAGE_LOADER_ARCH: there is one, but for another architecture; ERR_IMAGE_BOOT_LOADER: a file
 * that is not a program; a unified kernel image that cannot find its root file system on a host. */
MUST_CHECK int boot_loader_choose(const struct boot_files *f, const struct plan *plan,
				  enum image_arch arch, enum layout_boot wanted,
				  struct boot_loader *ret, struct err *err);

/* A pattern of the table without {efi}, {cpu} and {grub}. The caller frees. */
MUST_CHECK char *boot_pattern(const char *pattern, enum image_arch arch);

#endif
