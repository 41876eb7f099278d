/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of `slipway root`: which keys may sign images, channels and roots. A new version is
 * written to
 * --output and takes effect where it is put; every change is signed by keys in files (--sign KEY)
 * or elsewhere (--signer-cmd CMD --public-key PUB).
 */
#include "root_commands.h"

const struct command root_commands[] = {
	{"root", "init",
	 "{--lab --dir DIR | --output ROOT --root-key PUB... --image-key PUB... [--channel-key "
	 "PUB]... --root-threshold N WHO...} [--line GLOB]... [--days N]",
	 "make the first trust root; --lab also makes its keys", root_init_command},
	{"root", "add-key",
	 "--root ROOT --output NEW {--image-key PUB | --channel-key PUB | --root-key PUB} "
	 "[--line GLOB]... WHO...",
	 "add a key that may sign images, channels, or roots", root_add_key_command},
	{"root", "revoke", "--root ROOT --output NEW {--key-id HEX | --image DIGEST} WHO...",
	 "revoke a key or an image", root_revoke_command},
	{"root", "rotate",
	 "--root ROOT --output NEW [--root-threshold N] [--image-threshold N] "
	 "[--channel-threshold N] [--floor LINE=SEQ]... [--days N] [--hardened] WHO...",
	 "make the next version: thresholds, floors, expiry", root_rotate_command},
	{"root", "sign", "--root ROOT WHO...",
	 "add signatures to a root in place; WHO is --sign KEY, or --signer-cmd CMD --public-key "
	 "PUB",
	 root_sign_command},
	{"root", "show", "[--json] ROOT", "print a trust root", root_show_command},
	{"root", "verify", "[--previous OLD] ROOT",
	 "check a root, and whether it may follow another", root_verify_command},
	{0},
};
