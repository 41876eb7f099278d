/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image step: pass every rail (disk_work.h), write and verify the image, give the system its
 * own name and keys, report the receipt. It runs in a worker of its own; the lease page says before
 * each write whether it still may.
 *
 * Input: a signed plan; image bytes, which images/core trusts only after their hashes.
 */
#include "steps.h"

#include <fcntl.h>
#include <linux/rtc.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <images/install.h>

#include <agent/disk/work.h>
#include "latest.h"
#include <agent/facts/spcr.h>
#include <agent/facts/machine_facts.h>
#include <agent/disk/network_put.h>
#include <proto/receipt.h>
#include <agent/disk/bios_drive.h>
#include <agent/disk/nvram.h>
#include <agent/disk/own_files.h>
#include <agent/facts/nics.h>

#define TRUST_ROOT_PATH   "/etc/slipway/root.json"
#define FIRST_BOOT_SOURCE "/usr/lib/slipway/first-boot"
#define TARGET_DIR        "/run/slipway/target"
#define SWITCH_WAIT_MS    65000 /* two of their usual intervals */
#define SWITCH_LOOK_US    250000

struct imaging {
	struct disk_work w;
	int64_t stage_started_ms;
	enum image_stage stage;
	struct image_receipt receipt;
	unsigned bios_drive; /* the target's number there */
	bool has_network;
	struct network network;
	bool has_layout;
	struct disk_layout layout;
};

/* ---- callbacks of the writer (from one of its threads at a time) ----------------------------- */

static bool may_write(void *arg)
{
	struct imaging *im = arg;

	return disk_work_may_write(&im->w);
}

static bool cancelled(void *arg)
{
	struct imaging *im = arg;

	return report_must_stop(im->w.out);
}

static void progress(void *arg, enum image_stage stage, uint64_t done_bytes, uint64_t total_bytes)
{
	struct imaging *im = arg;

	if (stage != im->stage || im->stage_started_ms == 0) {
		im->stage = stage;
		im->stage_started_ms = time_boot_ms();
	}
	disk_work_progress(&im->w, image_stage_str(stage), im->stage_started_ms, done_bytes,
			   total_bytes);
}

/* ---- the new system's network ---------------------------------------------------------------- */

/* Cards as they are now. */
static int find_ports(struct imaging *im, const struct neighbours *heard, struct err *err)
{
	nic_list nics = {0};
	int r;

	nics_read("", &nics);
	neighbours_fill(heard, nics.items, nics.n);
	r = network_find_ports(&im->network, nics.items, nics.n, err);
	VEC_DONE(&nics);
	return r;
}

/* Switches speak every half minute, and a link that came up just now has not heard one yet. */
static int listen_for_ports(struct imaging *im, struct neighbours *heard, struct err *err)
{
	int64_t until_ms = time_boot_ms() + SWITCH_WAIT_MS;
	int r;

	disk_work_say(&im->w, "waiting for the switches to say their names");
	do {
		(void)usleep(SWITCH_LOOK_US);
		neighbours_listen(heard, time_boot_ms());
		err_clear(err);
		r = find_ports(im, heard, err);
	} while (r < 0 && time_boot_ms() < until_ms && !report_must_stop(im->w.out));
	return r;
}

/* Before anything is written: a port that is not there, or leads elsewhere, is a mistake of the
 * profile or of the cabling. */
static int find_network(struct imaging *im, struct err *err)
{
	json_t *doc = im->w.context->plan->image.network;
	struct neighbours heard = {.fd = -1};
	int r;

	if (!doc)
		return 0;
	TRY(network_parse(doc, &im->network, err));
	r = find_ports(im, im->w.context->neighbours, err);
	if (r < 0 && network_names_switches(&im->network) && neighbours_open(&heard, NULL) == 0) {
		r = listen_for_ports(im, &heard, err);
		neighbours_close(&heard);
	}
	im->has_network = r == 0;
	return r;
}

/* ---- its partitions -------------------------------------------------------------------------- */

static int read_layout(struct imaging *im, struct err *err)
{
	json_t *doc = im->w.context->plan->image.layout;

	if (!doc)
		return 0;
	TRY(disk_layout_parse(doc, &im->layout, err));
	im->has_layout = true;
	return 0;
}

/* ---- the new system's own files -------------------------------------------------------------- */

/* The plan's, else the firmware's own. */
static struct kernel_console find_console(const struct plan_image *plan,
					  char firmware[static CONSOLE_MAX_BYTES])
{
	if (plan->console[0])
		return (struct kernel_console){.word = plan->console};
	spcr_console("", firmware);
	return (struct kernel_console){.word = firmware[0] ? firmware : NULL, .by_firmware = true};
}

static int write_own_files(void *arg, const struct image_part *parts, size_t n, struct err *err)
{
	struct imaging *im = arg;
	char firmware[CONSOLE_MAX_BYTES];
	const struct own_files own = {
		.console = find_console(&im->w.context->plan->image, firmware),
		.image = &im->w.context->plan->image,
		.host_id = im->w.context->plan->host_id,
		.first_boot_program = FIRST_BOOT_SOURCE,
		.folder = TARGET_DIR,
		.network = im->has_network ? &im->network : NULL,
		.boot_is_apart = im->has_layout && disk_layout_has_boot(&im->layout),
	};

	disk_work_say(&im->w, "writing name, keys and first-boot report");
	if (!disk_is_same(&im->w.disk))
		return err_set(err, ERR_AGENT_DISK_SWAPPED, "after it was written");
	return own_files_write(&own, parts, n, err);
}

/* ---- writing --------------------------------------------------------------------------------- */

static int install(struct imaging *im, struct err *err)
{
	const struct plan_image *plan = &im->w.context->plan->image;
	AUTO(trust_root) struct trust_root *root = NULL;
	AUTO(channel) struct channel *channel = NULL;
	uint8_t digest[SHA256_BYTES];
	struct agent_about about;

	if (!hex_decode(plan->image_digest, digest, sizeof(digest)))
		return err_set(err, ERR_INVALID, "the plan's image digest is malformed");
	TRY(trust_root_load(TRUST_ROOT_PATH, &root, err));
	int64_t now_s = link_wall_us(im->w.context->link) / 1000000; /* the server's time */
	TRY(latest_open(root, plan, now_s, &channel, err));
	machine_about("", &about);
	struct image_install_request request = {
		.root = root,
		.policy = {.arch = about.arch,
			   .firmware = str_eq(about.firmware, "uefi") ? IMAGE_FIRMWARE_UEFI
								      : IMAGE_FIRMWARE_BIOS,
			   .disk_bytes = (uint64_t)im->w.disk.drive.facts.capacity_bytes,
			   .digest = digest,
			   .line = plan->line,
			   .now_s = now_s,
			   .latest_of = channel},
		.objects_url = plan->objects_url,
		.layout = im->has_layout ? &im->layout : NULL,
		.target_fd = im->w.disk.fd,
		.read_back = true,
		.may_write = may_write,
		.progress = progress,
		.cancelled = cancelled,
		.own_files = write_own_files,
		.arg = im,
	};
	int r = image_install(&request, &im->receipt, err);
	return r < 0 ? disk_work_failed(&im->w, "while it was written", err) : r;
}

/* The new system starts with the server's time, not with what the clock chip made up. */
static void set_rtc(void)
{
	autoclose int fd = open("/dev/rtc0", O_WRONLY | O_CLOEXEC);
	time_t now = time_wall_us() / 1000000;
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

/* ---- the step -------------------------------------------------------------------------------- */

static const struct image_receipt_partition *find_esp(const struct image_receipt *r)
{
	for (size_t i = 0; i < r->n_partitions; i++)
		if (r->partitions[i].role == PARTITION_ROLE_ESP && r->partitions[i].number > 0)
			return &r->partitions[i];
	return NULL;
}

static int write_entry(struct imaging *im, const struct image_receipt_partition *esp, json_t **ret,
		       struct err *err)
{
	const char *order = im->w.context->plan->image.boot_order[0]
				    ? im->w.context->plan->image.boot_order
				    : im->w.context->options->boot_order;
	const struct nvram_request request = {
		.tool = "efibootmgr",
		.disk = im->w.disk.drive.dev_path,
		.partition = esp->number,
		.part_uuid = esp->part_uuid,
		.name = im->receipt.line,
		.loader = im->receipt.arch == IMAGE_ARCH_AARCH64 ? "\\EFI\\BOOT\\BOOTAA64.EFI"
								 : "\\EFI\\BOOT\\BOOTX64.EFI",
		.first = str_eq(order, PLAN_BOOT_DISK) ? NVRAM_DISK_FIRST : NVRAM_NETWORK_FIRST,
	};

	disk_work_say(&im->w, "writing the firmware's boot entry");
	return nvram_write(&request, ret, err);
}

/* For the receipt; NULL on BIOS. The system boots without, so a refusal is told and nothing fails. */
static json_t *write_nvram(struct imaging *im)
{
	const struct image_receipt_partition *esp = find_esp(&im->receipt);
	struct err why = ERR_INIT;
	json_t *done = NULL;

	if (access("/sys/firmware/efi", F_OK) < 0)
		return NULL;
	const char *obstacle = nvram_obstacle("");
	if (!*obstacle && !esp)
		obstacle = "the image has no EFI system partition that is known";
	if (!*obstacle && write_entry(im, esp, &done, &why) < 0) {
		report_log(im->w.out, "warning", "no boot entry of our own: %s", why.msg);
		obstacle = why.msg;
	}
	return done ? done : json_pack("{s:s}", "skipped", obstacle);
}

/* Before the disk is written: what the BIOS said of it was true when the host was switched on. */
static void find_bios_drive(struct imaging *im)
{
	if (access("/sys/firmware/efi", F_OK) < 0)
		im->bios_drive = bios_drive_of("", &im->w.disk.drive,
					       bios_drive_signature(im->w.disk.fd));
}

static int report_receipt(struct imaging *im, struct err *err)
{
	autofree char *text = image_receipt_json(&im->receipt);
	json_t *doc = NULL;

	TRY(json_load_strict(text, strlen(text), LIMIT_JSON_BODY_BYTES, &doc, err));
	json_t *nvram = write_nvram(im);
	if (nvram)
		(void)json_object_set_new(doc, "nvram", nvram);
	if (im->bios_drive != BIOS_DRIVE_UNKNOWN)
		(void)json_object_set_new(doc, RECEIPT_BIOS_DRIVE, json_integer(im->bios_drive));
	return disk_work_receipt(&im->w, doc, err);
}

/* What is written has a valid partition table by now: what no receipt can be made of must not
 * start. */
static int hand_over(struct imaging *im, struct err *err)
{
	struct err second = ERR_INIT;
	int r = report_receipt(im, err);

	if (r < 0 && disk_make_unbootable(&im->w.disk, &second) < 0)
		report_log(im->w.out, "error", "disk '%s' may still start: %s",
			   im->w.disk.drive.facts.name, second.msg);
	return r;
}

void step_image(void *step_context, struct report *out)
{
	const struct step_context *context = step_context;
	const struct plan_image *plan = &context->plan->image;
	struct imaging im = {.w = {.context = context,
				   .out = out,
				   .work = "image",
				   .want = &plan->disk,
				   .arm_id = plan->arm_id,
				   .wipe_consent = plan->wipe_consent,
				   .disk.fd = -1}};
	struct repair_order order = {0};
	struct err err = ERR_INIT;
	int r;

	r = own_files_mount_apart(&err);
	if (r == 0)
		r = find_network(&im, &err);
	if (r == 0)
		r = read_layout(&im, &err);
	if (r == 0)
		r = disk_work_begin(&im.w, &err);
	if (r == 0) {
		find_bios_drive(&im);
		r = install(&im, &err);
	}
	if (r == 0)
		r = hand_over(&im, &err);
	disk_close(&im.w.disk);
	if (r == 0) {
		set_rtc();
		report_done(out, "ok");
	} else {
		report_failed(out, &err, disk_work_order(&im.w, &err, &order));
	}
}
