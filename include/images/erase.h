/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Erasing a disk: the old partition table goes first, so that a half-erased disk starts nothing;
 * then the disk is told to forget its blocks, where it knows how; then zeros are written over all
 * of it, and all of it is read back. What a drive keeps out of its own sight (spare cells, remapped
 * sectors) is not reached: that takes the drive's own erase command.
 *
 * Or the drive erases itself: then samples from all over the disk are read before and after, and each
 * must have changed, or be blank: zeros or ones only.
 *
 * Like the writer (install.h) it does not choose the disk and asks nobody for consent.
 */
#ifndef IMAGES_ERASE_H
#define IMAGES_ERASE_H

#include <stdbool.h>
#include <stdint.h>
#include <base/err.h>

enum image_erase_stage {
	IMAGE_ERASE_DISCARD,
	IMAGE_ERASE_OVERWRITE,
	IMAGE_ERASE_READ_BACK,
	_IMAGE_ERASE_STAGE_MAX
};
const char *image_erase_stage_str(enum image_erase_stage stage); /* "overwrite", .. */

struct image_erase_request {
	int target_fd; /* opened read-write by the caller (O_EXCL for a disk), who keeps it */
	/* As in image_install_request. */
	bool (*may_write)(void *arg);
	bool (*cancelled)(void *arg);
	void (*progress)(void *arg, enum image_erase_stage stage, uint64_t done_bytes,
			 uint64_t total_bytes);
	void *arg;
};

struct image_erase_receipt {
	uint64_t disk_bytes;
	uint64_t discarded_bytes; /* 0: the disk knows no discard */
	uint64_t overwritten_bytes;
	uint64_t read_back_bytes; /* all zeros */
	double stage_s[_IMAGE_ERASE_STAGE_MAX];
};

/* errors: ERR_IMAGE_TARGET, ERR_IMAGE_LEASE, ERR_CANCELLED, ERR_IMAGE_READ_BACK (it does not hold
 * the zeros that it was given), ERR_IO. ret is filled only on success. blocks: for hours. */
MUST_CHECK int image_erase(const struct image_erase_request *request,
			   struct image_erase_receipt *ret, struct err *err);

/* {"method","disk_bytes","discarded_bytes","overwritten_bytes","read_back_bytes","stages":{}}. The
 * caller frees the text. */
MUST_CHECK char *image_erase_receipt_json(const struct image_erase_receipt *r);

/* ---- by the drive itself --------------------------------------------------------------------- */

struct image_erase_samples {
	uint64_t disk_bytes;
	unsigned n;       /* samples that were read before and after */
	uint64_t n_bytes; /* of each */
	unsigned n_blank; /* were blank before: they prove nothing */
};

/* Remove the old partition table, read samples, let `command` have the drive erase itself, check the
 * samples, and remove what the drive may show as a table now. errors: as image_erase(), those of
 * command; ERR_IMAGE_READ_BACK: a sample is what it was. ret is filled only on success. blocks: as
 * long as command does. */
MUST_CHECK int image_erase_by_drive(const struct image_erase_request *request,
				    int (*command)(void *arg, struct err *err),
				    struct image_erase_samples *ret, struct err *err);

#endif
