/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of `slipway image`. Build, sign and verify work without a server; import,
 * list and remove ask the server, or with --store work on a folder; gc and fsck work on files.
 */
#include "image_commands.h"

const struct command image_commands[] = {
	{"image", "build",
	 "--line NAME --version V --arch ARCH [--layout FILE] [--seq N] [--raw] --output FILE.slip "
	 "INPUT",
	 "make an archive from a root file system or a disk image", image_build_command},
	{"image", "sign", "{--key KEY | --signer-cmd CMD --public-key PUB}... FILE",
	 "add signatures to an archive", image_sign_command},
	{"image", "show", "[--json] FILE", "print the manifest of an archive, unchecked",
	 image_show_command},
	{"image", "verify",
	 "--root ROOT [--deep] [--json] [--arch ARCH] [--digest HEX] [--min-seq N] "
	 "[--allow-rollback REASON] [--threads N] FILE",
	 "check signatures and every byte of an archive", image_verify_command},
	{"image", "install",
	 "--root ROOT {--to TARGET [--root-fs-only] | --to-inactive} [--digest HEX] [--min-seq N] "
	 "[--allow-rollback REASON] [--no-read-back] [--no-grow] [--keep-identity] "
	 "[--threads N] [--connections N] [--json] FILE|URL",
	 "write an image to a disk or a file", image_install_command},
	{"image", "import", "[--allow-rollback REASON] [--store DIR --root ROOT] FILE",
	 "upload an archive, which the server checks and stores; with --store, into a folder",
	 image_import_command},
	{"image", "list", "[--store DIR] [--json]",
	 "list the images on the server; with --store, in a folder", image_list_command},
	{"image", "remove", "[--arch ARCH] [--store DIR] DIGEST|LINE@VERSION", "remove an image",
	 image_remove_command},
	{"image", "gc", "[--store DIR]", "remove objects that no image needs", image_gc_command},
	{"image", "fsck", "[--store DIR] [--quarantine]",
	 "read the whole store and name what is damaged", image_fsck_command},
	{0},
};
