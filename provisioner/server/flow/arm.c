/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guards before arming: G2 (bound, expiring), G4 and G6 (one local disk), G8 (data needs consent,
 * shared file systems are refused), G9 (no empty selector), G15 (architecture, firmware, size), G17
 * (the same disk as last time). The agent checks again on the opened disk.
 */
#include "arm_internal.h"

#include <base/digest.h>
#include <base/json.h>
#include <base/str.h>
#include <images/disk_layout.h>
#include <proto/lifecycle.h>
#include "burn_gate.h"
#include "engine.h"
#include "fleet.h"
#include "latest.h"

static int check_image(const struct host *h, const struct manifest *m, const struct disk_choice *d,
		       struct err *err)
{
	if (!str_eq(h->arch, image_arch_str(m->arch)))
		return err_set(err, ERR_GUARD_ARCH, "image %s %s is for %s, the host is %s",
			       m->line, m->version, image_arch_str(m->arch), h->arch);
	unsigned need = str_eq(h->firmware, "uefi") ? IMAGE_FIRMWARE_UEFI : IMAGE_FIRMWARE_BIOS;
	if (!(m->firmware & need))
		return err_set(err, ERR_GUARD_ARCH, "image %s %s does not boot with %s firmware",
			       m->line, m->version, h->firmware);
	if ((uint64_t)d->size_bytes < m->min_disk_bytes)
		return err_set(err, ERR_GUARD_DISK_SMALL,
			       "disk %s has %lld bytes, the image needs %llu", d->serial,
			       (long long)d->size_bytes, (unsigned long long)m->min_disk_bytes);
	if (d->sector_bytes > 0 && manifest_needs_sector(m) && d->sector_bytes != m->sector_bytes)
		return err_set(err, ERR_IMAGE_SECTOR,
			       "disk %s has sectors of %lld bytes, image %s %s is made for %u",
			       d->serial, (long long)d->sector_bytes, m->line, m->version,
			       m->sector_bytes);
	return 0;
}

static int check_same_disk(struct flow *flow, const struct host *h, const struct arm_request *q,
			   const struct disk_choice *d, struct err *err)
{
	struct flow_host f;

	TRY(flow_host_get(flow->db, h->num, &f, err));
	bool recorded = f.disk_serial[0] || f.disk_wwn[0];
	if (!recorded || q->new_disk ||
	    (str_eq(f.disk_serial, d->serial) && str_eq(f.disk_wwn, d->wwn)))
		return 0;
	return err_set(err, ERR_GUARD_DISK_CHANGED, "imaged before on disk '%s', this is '%s'",
		       f.disk_serial[0] ? f.disk_serial : f.disk_wwn, d->serial);
}

static int find_image(struct flow *flow, const struct host *h, const char *name,
		      struct manifest **ret, struct err *err)
{
	if (!name || !name[0])
		return err_set(err, ERR_GUARD_SELECTOR, "no image is named");
	TRY(trust_root_check_time(flow->root, flow_now_us(flow) / 1000000, err));
	int rc = latest_find(flow, name, h->arch, ret, err);
	if (rc != -ERR_NOT_FOUND)
		return rc < 0 ? rc : object_store_ready(flow->objects, *ret, err);
	autofree char *why = xstrdup(err ? err->msg : "");
	return err_set(err, ERR_GUARD_IMAGE, "%s", why); /* the store knows more than that */
}

/* An arm is for once; for an older image than the store has of the line it also says why. */
static int check_age(struct flow *flow, const struct host *h, const struct arm_request *q,
		     const struct manifest *m, struct err *err)
{
	AUTO(manifest) struct manifest *latest = NULL;
	autofree char *name = xasprintf("%s@latest", m->line);

	if (q->reason && q->reason[0])
		return 0;
	TRY(object_store_find(flow->objects, name, h->arch, &latest, err));
	if (m->seq >= latest->seq)
		return 0;
	return err_set(err, ERR_IMAGE_ROLLBACK,
		       "image %s %s is older than %s of the same line, and no reason is given",
		       m->line, m->version, latest->version);
}

static int choose(struct flow *flow, const struct host *h, const struct arm_request *q,
		  struct disk_choice *ret, struct err *err)
{
	autojson json_t *drives = NULL;

	TRY(flow_drives_get(flow->db, h->num, &drives, err));
	return disk_choose(drives, &q->disk, ret, err);
}

/* A host that is tested first cannot use its arm before its burn-in ends; the engine shortens the
 * arm when it does. */
static int64_t counts_from(const struct host *h, int64_t now_us)
{
	bool tests = str_eq(h->state, lifecycle_state_str(STATE_TESTING));

	return tests && h->deadline_us > now_us ? h->deadline_us : now_us;
}

void arm_fill(const struct host *h, const struct arm_request *q, const struct disk_choice *d,
	      int64_t now_us, struct flow_arm *arm)
{
	int64_t ttl_s = q->ttl_s > 0 ? q->ttl_s : ARM_TTL_DEFAULT_S;

	memset(arm, 0, sizeof(*arm));
	uuid_v4(arm->id);
	arm->host_num = h->num;
	(void)str_copy(arm->disk_wwn, sizeof(arm->disk_wwn), d->wwn);
	(void)str_copy(arm->disk_serial, sizeof(arm->disk_serial), d->serial);
	arm->disk_bytes = d->size_bytes;
	(void)str_copy(arm->who, sizeof(arm->who), q->who);
	(void)str_copy(arm->reason, sizeof(arm->reason), q->reason ? q->reason : "");
	(void)str_copy(arm->owner, sizeof(arm->owner), q->owner ? q->owner : "");
	(void)str_copy(arm->agreed, sizeof(arm->agreed), q->agreed ? q->agreed : "");
	arm->automatic = q->automatic;
	arm->created_us = now_us;
	arm->expires_us = counts_from(h, now_us) +
			  (ttl_s > ARM_TTL_MAX_S ? ARM_TTL_MAX_S : ttl_s) * 1000000;
}

static void fill_image(const struct manifest *m, const struct arm_request *q, struct flow_arm *arm)
{
	char line[MANIFEST_NAME_BYTES];

	(void)str_copy(arm->work, sizeof(arm->work), "image");
	hex_encode(m->digest, SHA256_BYTES, arm->image_digest);
	(void)str_copy(arm->line, sizeof(arm->line), m->line);
	(void)str_copy(arm->version, sizeof(arm->version), m->version);
	(void)str_copy(arm->arch, sizeof(arm->arch), image_arch_str(m->arch));
	arm->latest = object_name_is_latest(q->image, line);
}

/* The image as it will lie on this disk: some cannot take a layout, and some disks cannot hold it. */
static int check_layout(const struct host *h, const struct manifest *m, const json_t *layout,
			const struct disk_choice *d, struct err *err)
{
	AUTO(manifest) struct manifest *laid_out = xcalloc(1, sizeof(*laid_out));
	autofree struct disk_layout *l = xcalloc(1, sizeof(*l));
	autojson json_t *doc = json_deep_copy(layout);

	TRY(disk_layout_parse(doc, l, err));
	TRY(disk_layout_apply(l, m, laid_out, err));
	return check_image(h, laid_out, d, err);
}

/* What the profile gives the image besides: nothing that is written into it later counts. */
static int bind_profile(struct flow *flow, const struct host *h, const struct manifest *m,
			const struct disk_choice *d, struct flow_arm *arm, struct err *err)
{
	struct flow_host f;
	struct profile p = {0};

	TRY(flow_host_get(flow->db, h->num, &f, err));
	int rc = engine_profile(flow, h, &f, &p, err);
	if (rc >= 0 && p.layout)
		rc = check_layout(h, m, p.layout, d, err);
	if (rc >= 0)
		profile_digest(&p, arm->profile_digest);
	profile_done(&p);
	return rc < 0 ? rc : 0;
}

void arm_consent(struct flow_arm *arm)
{
	(void)str_copy(arm->wipe_consent, sizeof(arm->wipe_consent),
		       arm->disk_serial[0] ? arm->disk_serial : arm->disk_wwn);
}

int arm_check_stopped(struct flow *flow, struct err *err)
{
	TRY(fleet_read_stopped(flow, err));
	return flow->stopped ? err_set(err, ERR_GUARD_STOPPED, "all writing is stopped") : 0;
}

int arm_make(struct flow *flow, const struct host *h, const struct arm_request *q,
	     struct flow_arm *ret, struct err *err)
{
	AUTO(manifest) struct manifest *m = NULL;
	struct disk_choice d;

	TRY(arm_check_stopped(flow, err));
	TRY(find_image(flow, h, q->image, &m, err));
	TRY(choose(flow, h, q, &d, err));
	TRY(check_image(h, m, &d, err));
	TRY(check_age(flow, h, q, m, err));
	TRY(check_same_disk(flow, h, q, &d, err));
	TRY(disk_check_data(&d, q->wipe_consent, q->consent_by_profile, err));
	arm_fill(h, q, &d, flow_now_us(flow), ret);
	TRY(burn_gate_waived(flow, h, q->who, q->skip_burnin, ret->waiver, err));
	fill_image(m, q, ret);
	TRY(bind_profile(flow, h, m, &d, ret, err));
	if (q->consent_by_profile || (q->wipe_consent && q->wipe_consent[0]))
		arm_consent(ret);
	return flow_arm_add(flow->db, ret, err);
}
