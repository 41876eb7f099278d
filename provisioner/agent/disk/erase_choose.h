/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How this disk is erased: what it can do, and what the policy permits, in the policy's order. Pure.
 * A command that the drive refuses now (frozen by the firmware) is not replaced by a weaker one
 * unless the policy names that one, too; what was passed over is said in the receipt.
 */
#ifndef AGENT_ERASE_CHOOSE_H
#define AGENT_ERASE_CHOOSE_H

#include <stdbool.h>
#include <base/err.h>
#include <proto/erase_method.h>

/* X(name, word in receipts, method) - of one method the stronger command first. */
#define ERASE_COMMANDS(X)                                                                          \
	X(NVME_SANITIZE_CRYPTO, "nvme sanitize, crypto erase", CRYPTO)                             \
	X(NVME_FORMAT_CRYPTO, "nvme format, cryptographic erase", CRYPTO)                          \
	X(ATA_SANITIZE_CRYPTO, "ATA sanitize, crypto scramble", CRYPTO)                            \
	X(SCSI_SANITIZE_CRYPTO, "SCSI sanitize, cryptographic erase", CRYPTO)                      \
	X(NVME_SANITIZE_BLOCK, "nvme sanitize, block erase", BLOCK)                                \
	X(ATA_SANITIZE_BLOCK, "ATA sanitize, block erase", BLOCK)                                  \
	X(SCSI_SANITIZE_BLOCK, "SCSI sanitize, block erase", BLOCK)                                \
	X(NVME_FORMAT_USER, "nvme format, user data erase", FORMAT)                                \
	X(ATA_SECURITY_ENHANCED, "ATA security erase, enhanced", SECURITY)                         \
	X(ATA_SECURITY, "ATA security erase", SECURITY)                                            \
	X(NVME_SANITIZE_OVERWRITE, "nvme sanitize, overwrite", SANITIZE_OVERWRITE)                 \
	X(ATA_SANITIZE_OVERWRITE, "ATA sanitize, overwrite", SANITIZE_OVERWRITE)                   \
	X(SCSI_SANITIZE_OVERWRITE, "SCSI sanitize, overwrite", SANITIZE_OVERWRITE)                 \
	X(OVERWRITE, "zeros, read back", OVERWRITE)

enum erase_command {
#define X(name, word, method) ERASE_COMMAND_##name,
	ERASE_COMMANDS(X)
#undef X
		_ERASE_COMMAND_MAX
};
const char *erase_command_str(enum erase_command c);
enum erase_method erase_command_method(enum erase_command c);

struct erase_capabilities {
	unsigned can;     /* bits of commands; overwriting is always possible */
	unsigned refused; /* those that the drive knows, but not now; never also in `can` */
	bool frozen;      /* they are refused until the drive loses its power once */
	const char *why;  /* why they are refused: "frozen by the firmware", ..; NULL if none is */
};

struct erase_choice {
	enum erase_command command;
	/* "crypto: not known to the drive; .."; "" if the first was taken. Room for every method with the
	 * longest reason. */
	char passed_over[384];
};

/* errors: ERR_AGENT_ERASE_METHOD: nothing that the policy permits is possible; the message says
 * what is. */
MUST_CHECK int erase_choose(const struct erase_capabilities *c, const struct erase_policy *p,
			    struct erase_choice *ret, struct err *err);

/* Would the policy take a command that is refused only because the drive is frozen, rather than this
 * choice? */
bool erase_thaw_helps(const struct erase_capabilities *c, const struct erase_policy *p,
		      const struct erase_choice *choice);

#endif
