/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image step: choose the disk, pass every rail, get the permit, write and verify the image,
 * give the system its own name and keys, report the receipt. It runs in a worker of its own; the
 * lease page says before each write whether it still may.
 *
 * Input: a plan whose signature, binding and expiry were checked, and checked again here before the
 * first write; image bytes, which images/core trusts only after their hashes.
 */
#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/rtc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <images/install.h>

#include "disk_guard.h"
#include "lease.h"
#include "machine_facts.h"
#include "personalise.h"
#include "sysfs.h"

#define TRUST_ROOT_PATH   "/etc/slipway/root.json"
#define FIRST_BOOT_SOURCE "/usr/lib/slipway/first-boot"
#define TARGET_DIR        "/run/slipway/target"
#define PARTITION_WAIT_MS 10000
#define RELEASE_WAIT_MS   10000
#define IDENTITY_EVERY_MS 1000

struct imaging {
	const struct step_context *context;
	struct report *out;
	struct disk_handle disk;
	int64_t identity_checked_ms;
	bool swapped;
	int64_t stage_started_ms;
	enum image_stage stage;
	struct image_receipt receipt;
};

/* ---- callbacks of the writer (from one of its threads at a time) -------------------------------
 */

static bool may_write(void *arg)
{
	struct imaging *im = arg;
	int64_t now_ms = time_boot_ms();

	if (now_ms - im->identity_checked_ms >= IDENTITY_EVERY_MS) {
		im->identity_checked_ms = now_ms;
		im->swapped |= !disk_is_same(&im->disk);
	}
	return !im->swapped && lease_may_write(im->out->lease, now_ms);
}

static bool cancelled(void *arg)
{
	struct imaging *im = arg;

	return report_must_stop(im->out);
}

static void progress(void *arg, enum image_stage stage, uint64_t done_bytes, uint64_t total_bytes)
{
	struct imaging *im = arg;
	int64_t now_ms = time_boot_ms();
	struct event_progress p = {.stage = "image",
				   .done = (int64_t)done_bytes,
				   .total = (int64_t)total_bytes,
				   .unit = "bytes",
				   .eta_s = -1};

	if (stage != im->stage || im->stage_started_ms == 0) {
		im->stage = stage;
		im->stage_started_ms = now_ms;
	}
	int64_t took_ms = now_ms - im->stage_started_ms;
	if (done_bytes > 0 && total_bytes >= done_bytes && took_ms > 1000)
		p.eta_s = (int64_t)((double)took_ms * (double)(total_bytes - done_bytes) /
				    (double)done_bytes / 1000.0);
	(void)str_copy(p.message, sizeof(p.message), image_stage_str(stage));
	report_progress(im->out, &p);
}

static void say(struct imaging *im, const char *message)
{
	struct event_progress p = {.stage = "image", .unit = "bytes", .eta_s = -1};

	(void)str_copy(p.message, sizeof(p.message), message);
	report_progress(im->out, &p);
}

/* ---- before the first write --------------------------------------------------------------------
 */

static int choose_disk(struct imaging *im, struct err *err)
{
	const struct plan_image *plan = &im->context->plan->image;
	const struct drive *chosen = NULL;
	drive_list drives = {0};
	int r;

	drives_read("", &drives);
	r = disk_choose(&drives, &plan->disk, &chosen, err);
	if (r == 0)
		r = disk_check_unused("", chosen->facts.name, err);
	if (r == 0)
		r = disk_open("", chosen, &im->disk, err);
	drives_done(&drives);
	return r;
}

static int ask_permit(struct imaging *im, const text64_list *found, struct err *err)
{
	const struct step_context *c = im->context;
	struct permit_request request = {.epoch = c->link->session.epoch};
	struct permit_reply reply = {0};
	struct link link = *c->link;
	int r;

	(void)str_copy(request.plan_id, sizeof(request.plan_id), c->plan->plan_id);
	(void)str_copy(request.arm_id, sizeof(request.arm_id), c->plan->image.arm_id);
	(void)str_copy(request.disk.wwn, sizeof(request.disk.wwn), im->disk.drive.facts.wwn);
	(void)str_copy(request.disk.serial, sizeof(request.disk.serial),
		       im->disk.drive.facts.serial);
	request.disk.size_bytes = im->disk.drive.facts.capacity_bytes;
	for (size_t i = 0; i < found->n && i < PERMIT_MAX_FOUND; i++)
		VEC_PUSH(&request.data_found, found->items[i]);
	TRY(link_open(&link, c->options, c->identity, err));
	r = link_permit(&link, &request, &reply, err);
	link_close(&link);
	VEC_DONE(&request.data_found);
	return r;
}

/* The permit makes the server say may_write at the next heartbeat, which comes within seconds. */
static int wait_for_lease(struct imaging *im, struct err *err)
{
	int64_t deadline_ms = time_boot_ms() + 60000;

	while (!lease_may_write(im->out->lease, time_boot_ms())) {
		if (report_must_stop(im->out))
			return err_set(err, ERR_AGENT_STOPPED, "stopped before the first write");
		if (time_boot_ms() >= deadline_ms)
			return err_set(err, ERR_IMAGE_LEASE,
				       "no permission to write came with a heartbeat");
		(void)usleep(50000);
	}
	return 0;
}

static int prepare(struct imaging *im, struct err *err)
{
	const struct plan *plan = im->context->plan;
	text64_list found = {0};
	int r;

	/* Minutes may have passed since the plan was opened: it must still be good. */
	struct plan_expect expect = *im->context->expect;
	expect.now_unix_s = link_wall_us(im->context->link) / 1000000;
	TRY(plan_check(plan, &expect, err));
	say(im, "choosing the disk");
	TRY(choose_disk(im, err));
	r = disk_check_data(im->disk.fd, &im->disk.drive, plan->image.wipe_consent, &found, err);
	if (r == 0)
		r = ask_permit(im, &found, err);
	VEC_DONE(&found);
	if (r == 0)
		r = wait_for_lease(im, err);
	return r;
}

/* ---- writing -----------------------------------------------------------------------------------
 */

static int install(struct imaging *im, struct err *err)
{
	const struct plan_image *plan = &im->context->plan->image;
	AUTO(trust_root) struct trust_root *root = NULL;
	uint8_t digest[SHA256_BYTES];
	struct agent_about about;

	if (!hex_decode(plan->image_digest, digest, sizeof(digest)))
		return err_set(err, ERR_INVALID, "the plan's image digest is malformed");
	TRY(trust_root_load(TRUST_ROOT_PATH, &root, err));
	machine_about("", &about);
	struct image_install_request request = {
		.root = root,
		.policy = {.arch = about.arch,
			   .firmware = str_eq(about.firmware, "uefi") ? IMAGE_FIRMWARE_UEFI
								      : IMAGE_FIRMWARE_BIOS,
			   .disk_bytes = (uint64_t)im->disk.drive.facts.capacity_bytes,
			   .digest = digest,
			   .line = plan->line},
		.objects_url = plan->objects_url,
		.target_fd = im->disk.fd,
		.read_back = true,
		.may_write = may_write,
		.progress = progress,
		.cancelled = cancelled,
		.arg = im,
	};
	int r = image_install(&request, &im->receipt, err);
	if (r < 0 && im->swapped)
		return err_set(err, ERR_AGENT_DISK_SWAPPED, "while it was written");
	return r;
}

/* ---- the new system's own files ----------------------------------------------------------------
 */

static void partition_path(const struct imaging *im, unsigned number, char ret[static 96])
{
	const char *name = im->disk.drive.facts.name;
	bool digit = *name && name[strlen(name) - 1] >= '0' && name[strlen(name) - 1] <= '9';

	snprintf(ret, 96, "/dev/%.64s%s%u", name, digit ? "p" : "", number);
}

/* Let the kernel read the new table, and wait for the device node. */
static int find_partition(struct imaging *im, const struct image_receipt_partition *p,
			  char ret[static 96], struct err *err)
{
	int64_t deadline_ms = time_boot_ms() + PARTITION_WAIT_MS;
	const char *name = im->disk.drive.facts.name;

	partition_path(im, p->number, ret);
	const char *part = ret + strlen("/dev/");
	while (access(ret, F_OK) < 0 ||
	       sysfs_int("", -1, "sys/block/%s/%s/start", name, part) * 512 !=
		       (int64_t)p->start_bytes) {
		if (time_boot_ms() >= deadline_ms)
			return err_set(err, ERR_AGENT_MOUNT, "partition %u does not appear",
				       p->number);
		(void)ioctl(im->disk.fd, BLKRRPART, 0);
		(void)usleep(100000);
	}
	return 0;
}

static bool is_mountable(const struct image_receipt_partition *p)
{
	return p->mount[0] == '/' && (p->fs == PARTITION_FS_EXT4 || p->fs == PARTITION_FS_XFS);
}

/* What image_install() could not do on a disk that was held: an identity of this host's own, and
 * the size of its partition. */
static int finish_file_system(const char *device, struct image_receipt_partition *p,
			      struct err *err)
{
	if (p->fs != PARTITION_FS_EXT4 || !p->has_payload)
		return 0;
	return image_grow_fs(device, 0, p->size_bytes, p->fs, true,
			     p->size_bytes > p->payload_bytes, p->fs_uuid, err);
}

static int mount_partition(struct imaging *im, struct image_receipt_partition *p, struct err *err)
{
	autofree char *where = xasprintf(TARGET_DIR "%s", str_eq(p->mount, "/") ? "" : p->mount);
	unsigned long flags = MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_NOATIME;
	char device[96];

	partition_path(im, p->number, device);
	TRY(finish_file_system(device, p, err));
	if (mount(device, where, partition_fs_str(p->fs), flags, NULL) < 0)
		return err_sys(err, ERR_AGENT_MOUNT, "cannot mount '%s' at '%s'", device, p->mount);
	return 0;
}

/* Shorter paths first, so that "/" is there before "/var". */
static int by_path_length(const void *a, const void *b)
{
	struct image_receipt_partition *const *x = a, *const *y = b;
	size_t n = strlen((*x)->mount), m = strlen((*y)->mount);

	return n < m ? -1 : n > m;
}

static int mount_all(struct imaging *im, struct err *err)
{
	struct image_receipt_partition *sorted[MANIFEST_MAX_PARTITIONS];
	size_t n = 0;
	char device[96];

	for (size_t i = 0; i < im->receipt.n_partitions; i++)
		if (is_mountable(&im->receipt.partitions[i]))
			sorted[n++] = &im->receipt.partitions[i];
	qsort(sorted, n, sizeof(sorted[0]), by_path_length);
	if (n == 0 || !str_eq(sorted[0]->mount, "/"))
		return err_set(err, ERR_AGENT_MOUNT, "the image has no root file system");
	for (size_t i = 0; i < n; i++)
		TRY(find_partition(im, sorted[i], device, err));
	if (!disk_is_same(&im->disk))
		return err_set(err, ERR_AGENT_DISK_SWAPPED, "after it was written");
	/* The kernel mounts no partition of a disk that is held exclusively. */
	disk_close(&im->disk);
	for (size_t i = 0; i < n; i++)
		TRY(mount_partition(im, sorted[i], err));
	return 0;
}

static int unmount_all(struct err *err)
{
	sync();
	/* Inner mounts go with the outer one only when detached; detach waits for nobody here. */
	while (umount2(TARGET_DIR, 0) == 0)
		;
	if (errno == EBUSY && umount2(TARGET_DIR, MNT_DETACH) < 0)
		return err_sys(err, ERR_AGENT_MOUNT, "cannot unmount the new system");
	sync();
	return 0;
}

static size_t list_mounts(const struct image_receipt *r, struct personal_mount *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_partitions; i++) {
		const struct image_receipt_partition *p = &r->partitions[i];
		struct personal_mount *m = &ret[n];
		bool swap = p->fs == PARTITION_FS_SWAP;

		if (!swap && p->mount[0] != '/')
			continue;
		if (p->fs_uuid[0])
			snprintf(m->source, sizeof(m->source), "UUID=%s", p->fs_uuid);
		else
			snprintf(m->source, sizeof(m->source), "PARTUUID=%s", p->part_uuid);
		(void)str_copy(m->path, sizeof(m->path), swap ? "none" : p->mount);
		(void)str_copy(m->fs, sizeof(m->fs), partition_fs_str(p->fs));
		n++;
	}
	return n;
}

static int make_own(struct imaging *im, struct err *err)
{
	struct personal_mount mounts[MANIFEST_MAX_PARTITIONS];
	struct personal personal = {
		.image = &im->context->plan->image,
		.host_id = im->context->plan->host_id,
		.first_boot_program = FIRST_BOOT_SOURCE,
		.mounts = mounts,
	};

	say(im, "writing name, keys and first-boot report");
	TRY(file_make_dirs(TARGET_DIR, 0700, err));
	int r = mount_all(im, err);
	personal.n_mounts = list_mounts(&im->receipt, mounts); /* with the UUIDs that they got */
	if (r == 0) {
		autoclose int root_fd = open(TARGET_DIR, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

		r = root_fd < 0 ? err_sys(err, ERR_AGENT_MOUNT, "cannot open the new system")
				: personalise(root_fd, &personal, err);
	}
	int unmounted = unmount_all(r < 0 ? NULL : err);
	return r < 0 ? r : unmounted;
}

/* The new system starts with the server's time, not with what the clock chip made up. */
static void set_rtc(void)
{
	autoclose int fd = open("/dev/rtc0", O_WRONLY | O_CLOEXEC);
	time_t now = time(NULL);
	struct tm tm;

	if (fd < 0 || !gmtime_r(&now, &tm))
		return;
	struct rtc_time rtc = {.tm_sec = tm.tm_sec,
			       .tm_min = tm.tm_min,
			       .tm_hour = tm.tm_hour,
			       .tm_mday = tm.tm_mday,
			       .tm_mon = tm.tm_mon,
			       .tm_year = tm.tm_year};
	(void)ioctl(fd, RTC_SET_TIME, &rtc);
}

/* ---- the step ----------------------------------------------------------------------------------
 */

static int report_receipt(struct imaging *im, struct err *err)
{
	autofree char *text = image_receipt_json(&im->receipt);
	json_t *doc = NULL;

	TRY(json_load_strict(text, strlen(text), LIMIT_JSON_BODY_BYTES, &doc, err));
	report_event(im->out, EVENT_RECEIPT, doc);
	return 0;
}

/* What is written has a valid partition table from here on: whatever fails takes it away again, and
 * stays the cause. */
static int hand_over(struct imaging *im, struct err *err)
{
	struct err second = ERR_INIT;
	int r = make_own(im, err);

	if (r == 0)
		r = report_receipt(im, err);
	if (r < 0 && disk_make_unbootable(&im->disk, RELEASE_WAIT_MS, &second) < 0)
		report_log(im->out, "error", "disk '%s' may still start: %s",
			   im->disk.drive.facts.name, second.msg);
	return r;
}

/* Errors that speak about the disk itself name it as the part to look at. */
static const struct repair_order *order_for(const struct imaging *im, const struct err *err,
					    struct repair_order *order)
{
	const struct facts_drive *f = &im->disk.drive.facts;

	if (err->code != ERR_IMAGE_READ_BACK && err->code != ERR_IMAGE_TARGET &&
	    err->code != ERR_AGENT_DISK_SWAPPED && err->code != ERR_IO)
		return NULL;
	if (!f->name[0])
		return NULL;
	(void)str_copy(order->part, sizeof(order->part), "disk");
	(void)str_copy(order->slot, sizeof(order->slot), f->slot[0] ? f->slot : f->name);
	(void)str_copy(order->serial, sizeof(order->serial), f->serial[0] ? f->serial : f->wwn);
	snprintf(order->action, sizeof(order->action),
		 "Check the cable and bay of disk %s (%s, serial %s), then replace it.",
		 order->slot, f->model, order->serial);
	return order;
}

void step_image(void *step_context, struct report *out)
{
	struct imaging im = {.context = step_context, .out = out, .disk.fd = -1};
	struct repair_order order = {0};
	struct err err = ERR_INIT;
	int r;

	r = prepare(&im, &err);
	if (r == 0)
		r = install(&im, &err);
	if (r == 0)
		r = hand_over(&im, &err);
	disk_close(&im.disk);
	if (r == 0) {
		set_rtc();
		report_done(out, "ok");
	} else {
		report_failed(out, &err, order_for(&im, &err, &order));
	}
}
