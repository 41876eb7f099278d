/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a caller demands of an image besides its signatures: a table of checks, in the order in
 * which their errors are most useful; see images/verify.h.
 */
#include <images/verify.h>

#include <inttypes.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

static int check_identity(const struct image_policy *p, const struct manifest *m, struct err *err)
{
	if (p->digest && !digest_eq(p->digest, m->digest, SHA256_BYTES))
		return err_set(err, ERR_IMAGE_OTHER,
			       "manifest is of image '%s' %s, which has another "
			       "digest than was asked for",
			       m->line, m->version);
	if (p->line && !str_eq(p->line, m->line))
		return err_set(err, ERR_IMAGE_OTHER, "image is of line '%s', asked for was '%s'",
			       m->line, p->line);
	return p->latest_of ? channel_check_latest(p->latest_of, m, err) : 0;
}

static int check_machine(const struct image_policy *p, const struct manifest *m, struct err *err)
{
	if (p->arch && !str_eq(p->arch, image_arch_str(m->arch)))
		return err_set(err, ERR_IMAGE_ARCH, "image is for %s, the host is %s",
			       image_arch_str(m->arch), p->arch);
	if (p->firmware && !(p->firmware & m->firmware))
		return err_set(err, ERR_IMAGE_FIRMWARE, "image does not boot with %s",
			       p->firmware & IMAGE_FIRMWARE_UEFI ? "uefi" : "bios");
	if (p->disk_bytes && p->disk_bytes < m->min_disk_bytes)
		return err_set(err, ERR_IMAGE_DISK_SIZE,
			       "disk has %" PRIu64 " bytes, the image needs %" PRIu64,
			       p->disk_bytes, m->min_disk_bytes);
	return 0;
}

bool image_policy_rolls_back(const struct image_policy *policy, const struct manifest *m)
{
	const char *reason = policy->rollback_reason;

	return m->seq < policy->min_seq && reason && reason[0];
}

static int check_age(const struct image_policy *p, const struct trust_root *root,
		     const struct manifest *m, struct err *err)
{
	uint64_t floor = trust_root_floor(root, m->line);

	/* Said by the root keys' holders: nobody else permits what is below. */
	if (m->seq < floor)
		return err_set(err, ERR_IMAGE_ROLLBACK,
			       "image has sequence %" PRIu64
			       ", the trust root's floor of line '%s' is %" PRIu64,
			       m->seq, m->line, floor);
	if (m->seq >= p->min_seq || image_policy_rolls_back(p, m))
		return 0;
	return err_set(err, ERR_IMAGE_ROLLBACK,
		       "image has sequence %" PRIu64 ", line '%s' is at %" PRIu64, m->seq, m->line,
		       p->min_seq);
}

int image_policy_check(const struct image_policy *policy, const struct trust_root *root,
		       const struct manifest *m, struct err *err)
{
	static const struct image_policy nothing;
	const struct image_policy *p = policy ? policy : &nothing;

	if (p->now_s)
		TRY(trust_root_check_time(root, p->now_s, err));
	TRY(check_identity(p, m, err));
	TRY(check_machine(p, m, err));
	return check_age(p, root, m, err);
}
