/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running the tools of erase_drive.h. NVMe and ATA sanitize return at once and are polled; format,
 * ATA security erase and sg_sanitize return when they are done. HW: a drive whose security erase was
 * broken off keeps the password, so it is taken off again.
 */
#include "erase_drive.h"

#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>

#include "erase_capabilities.h"

#define ASK_TIMEOUT_MS   30000
#define POLL_EVERY_MS    2000
#define SLOWEST_BYTES_MS (30 * 1000) /* 30 MB/s, as in the server's deadline */
#define SURE_TIMEOUT_MS  (3600LL * 1000)
#define PASSWORD         "slipway"
/* The tool's own ten minutes are too few for a large drive. */
#define FORMAT_TIMEOUT "--timeout=14400000"
#define HDPARM_IS_SURE "--yes-i-know-what-i-am-doing"

int64_t erase_drive_timeout_ms(int64_t disk_bytes)
{
	return SURE_TIMEOUT_MS + disk_bytes / SLOWEST_BYTES_MS;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* What the tool prints, or NULL. The caller frees. */
static char *ask(const char *const *argv)
{
	struct process_options o = {.argv = argv, .timeout_ms = ASK_TIMEOUT_MS};
	struct process_result r = {0};
	char *text = NULL;

	if (process_run(&o, &r, NULL) < 0)
		return NULL;
	if (r.exit_code == 0)
		text = xstrdup(r.out);
	process_result_done(&r);
	return text;
}

static void ask_nvme(const char *path, struct erase_capabilities *ret)
{
	const char *const list[] = {"nvme", "list-ns", path, "--all", "-o", "json", NULL};
	const char *const identify[] = {"nvme", "id-ctrl", path, "-o", "json", NULL};
	autofree char *spaces = ask(list);
	autofree char *text = ask(identify);

	if (text)
		erase_capabilities_nvme(text, spaces && erase_capabilities_namespaces(spaces) == 1,
					ret);
}

static void ask_ata(const char *path, struct erase_capabilities *ret)
{
	const char *const argv[] = {"hdparm", "-I", path, NULL};
	autofree char *text = ask(argv);

	if (text)
		erase_capabilities_ata(text, ret);
}

static void ask_scsi(const char *path, struct erase_capabilities *ret)
{
	const char *const argv[] = {"sg_opcodes", path, NULL};
	autofree char *text = ask(argv);

	if (text)
		erase_capabilities_scsi(text, ret);
}

const char *erase_drive_not_reached(const struct drive *drive)
{
	if (drive->transport != TRANSPORT_RAID)
		return NULL;
	if (drive->facts.volume[0])
		return "only the volume was erased: the drives behind the RAID card hold spare areas, and "
		       "may hold old data, that no volume shows";
	return "the disk was erased as its RAID card shows it: if it is a volume, the drives behind the "
	       "card may hold data that it does not show";
}

/* A hypervisor's disk has no drive behind it that hears a command; a RAID card passes none on. */
void erase_drive_ask(const struct drive *drive, struct erase_capabilities *ret)
{
	*ret = (struct erase_capabilities){0};
	if (drive->transport == TRANSPORT_RAID) {
		ret->refused = (1U << ERASE_COMMAND_OVERWRITE) - 1;
		ret->why = "behind a RAID card";
		return;
	}
	if (drive->transport == TRANSPORT_NVME)
		ask_nvme(drive->dev_path, ret);
	if (drive->transport == TRANSPORT_SATA || drive->transport == TRANSPORT_ATA ||
	    drive->transport == TRANSPORT_SAS)
		ask_ata(drive->dev_path, ret);
	/* HW: disks on SATA behind a SAS controller answer both; their own words are enough. */
	if (!ret->can && !ret->refused && drive->transport == TRANSPORT_SAS)
		ask_scsi(drive->dev_path, ret);
}

/* ---- doing ----------------------------------------------------------------------------------- */

enum waits { WAITS_ITSELF, WAITS_NVME, WAITS_ATA };

#define DEVICE "@" /* stands for the disk's path */
static const struct {
	enum waits waits;
	const char *argv[ERASE_DRIVE_ARGS_MAX];
} rows[_ERASE_COMMAND_MAX] = {
	[ERASE_COMMAND_NVME_SANITIZE_CRYPTO] = {WAITS_NVME,
						{"nvme", "sanitize", DEVICE, "--sanact=4"}},
	[ERASE_COMMAND_NVME_SANITIZE_BLOCK] = {WAITS_NVME,
					       {"nvme", "sanitize", DEVICE, "--sanact=2"}},
	[ERASE_COMMAND_NVME_SANITIZE_OVERWRITE] = {WAITS_NVME,
						   {"nvme", "sanitize", DEVICE, "--sanact=3",
						    "--owpass=1", "--ovrpat=0"}},
	[ERASE_COMMAND_NVME_FORMAT_CRYPTO] = {WAITS_ITSELF,
					      {"nvme", "format", DEVICE, "--ses=2", "--force",
					       FORMAT_TIMEOUT}},
	[ERASE_COMMAND_NVME_FORMAT_USER] = {WAITS_ITSELF,
					    {"nvme", "format", DEVICE, "--ses=1", "--force",
					     FORMAT_TIMEOUT}},
	[ERASE_COMMAND_ATA_SANITIZE_CRYPTO] = {WAITS_ATA,
					       {"hdparm", HDPARM_IS_SURE,
						"--sanitize-crypto-scramble", DEVICE}},
	[ERASE_COMMAND_ATA_SANITIZE_BLOCK] = {WAITS_ATA,
					      {"hdparm", HDPARM_IS_SURE, "--sanitize-block-erase",
					       DEVICE}},
	[ERASE_COMMAND_ATA_SANITIZE_OVERWRITE] = {WAITS_ATA,
						  {"hdparm", HDPARM_IS_SURE,
						   "--sanitize-overwrite-passes", "1",
						   "--sanitize-overwrite", "hex:00000000", DEVICE}},
	[ERASE_COMMAND_ATA_SECURITY_ENHANCED] = {WAITS_ITSELF,
						 {"hdparm", "--user-master", "u",
						  "--security-erase-enhanced", PASSWORD, DEVICE}},
	[ERASE_COMMAND_ATA_SECURITY] = {WAITS_ITSELF,
					{"hdparm", "--user-master", "u", "--security-erase",
					 PASSWORD, DEVICE}},
	[ERASE_COMMAND_SCSI_SANITIZE_CRYPTO] = {WAITS_ITSELF,
						{"sg_sanitize", "--crypto", "--quick", DEVICE}},
	[ERASE_COMMAND_SCSI_SANITIZE_BLOCK] = {WAITS_ITSELF,
					       {"sg_sanitize", "--block", "--quick", DEVICE}},
	[ERASE_COMMAND_SCSI_SANITIZE_OVERWRITE] = {WAITS_ITSELF,
						   {"sg_sanitize", "--overwrite", "--zero",
						    "--quick", DEVICE}},
};

static void fill(const char *const *row, const char *path,
		 const char *ret[static ERASE_DRIVE_ARGS_MAX + 1])
{
	size_t n = 0;

	for (; n < ERASE_DRIVE_ARGS_MAX && row[n]; n++)
		ret[n] = str_eq(row[n], DEVICE) ? path : row[n];
	ret[n] = NULL;
}

void erase_drive_argv(enum erase_command command, const char *path,
		      const char *ret[static ERASE_DRIVE_ARGS_MAX + 1])
{
	fill(rows[command].argv, path, ret);
}

static int run_tool(const struct erase_drive_run *run, const char *const *row, int64_t timeout_ms,
		    struct err *err)
{
	const char *argv[ERASE_DRIVE_ARGS_MAX + 1];
	struct process_result r = {0};
	struct process_options o = {.argv = argv,
				    .timeout_ms = timeout_ms,
				    .keep_going = run->keep_going,
				    .arg = run->arg};

	fill(row, run->drive->dev_path, argv);
	TRY(process_run(&o, &r, err));
	int rc = 0;
	if (r.exit_code != 0) {
		struct sv rest = sv_trim(sv_of(r.errors[0] ? r.errors : r.out));
		struct sv line = sv_split(&rest, '\n');
		rc = err_set(err, ERR_AGENT_ERASE_FAILED, "%s: %s ended with status %d: %.*s",
			     erase_command_str(run->command), argv[0], r.exit_code,
			     (int)(line.n < 100 ? line.n : 100), line.p);
	}
	process_result_done(&r);
	return rc;
}

static enum erase_state look(const struct erase_drive_run *run, enum waits waits, unsigned *percent)
{
	const char *const nvme[] = {"nvme", "sanitize-log", run->drive->dev_path, NULL};
	const char *const ata[] = {"hdparm", "--sanitize-status", run->drive->dev_path, NULL};
	autofree char *text = ask(waits == WAITS_NVME ? nvme : ata);

	if (!text)
		return ERASE_STATE_UNKNOWN;
	return waits == WAITS_NVME ? erase_capabilities_nvme_state(text, percent)
				   : erase_capabilities_ata_state(text, percent);
}

/* Until the drive says that it is done. One that says nothing for the whole time has failed. */
static int wait_for(const struct erase_drive_run *run, enum waits waits, int64_t end_ms,
		    struct err *err)
{
	while (time_boot_ms() < end_ms) {
		unsigned percent = 0;
		enum erase_state state = look(run, waits, &percent);

		if (state == ERASE_STATE_DONE)
			return 0;
		if (state == ERASE_STATE_FAILED)
			return err_set(err, ERR_AGENT_ERASE_FAILED,
				       "%s: the drive reports that it failed",
				       erase_command_str(run->command));
		if (state == ERASE_STATE_RUNNING && run->progress)
			run->progress(run->arg, percent);
		if (run->keep_going && !run->keep_going(run->arg))
			return err_set(err, ERR_CANCELLED,
				       "stopped on request; the drive goes on erasing itself");
		(void)usleep(POLL_EVERY_MS * 1000);
	}
	return err_set(err, ERR_TIMEOUT, "%s: the drive is not done in time",
		       erase_command_str(run->command));
}

static int do_command(const struct erase_drive_run *run, int64_t end_ms, struct err *err)
{
	enum waits waits = rows[run->command].waits;

	TRY(run_tool(run, rows[run->command].argv,
		     waits == WAITS_ITSELF ? end_ms - time_boot_ms() : ASK_TIMEOUT_MS, err));
	return waits == WAITS_ITSELF ? 0 : wait_for(run, waits, end_ms, err);
}

int erase_drive_do(const struct erase_drive_run *run, struct err *err)
{
	static const char *const lock[] = {"hdparm", "--user-master", "u", "--security-set-pass",
					   PASSWORD, DEVICE,          NULL};
	static const char *const unlock[] = {"hdparm", "--user-master", "u", "--security-disable",
					     PASSWORD, DEVICE,          NULL};
	int64_t end_ms = time_boot_ms() + erase_drive_timeout_ms(run->drive->facts.capacity_bytes);

	if (erase_command_method(run->command) != ERASE_METHOD_SECURITY)
		return do_command(run, end_ms, err);
	TRY(run_tool(run, lock, ASK_TIMEOUT_MS, err));
	int rc = do_command(run, end_ms, err);
	if (rc < 0)
		IGNORE_RESULT(run_tool(run, unlock, ASK_TIMEOUT_MS, NULL));
	return rc;
}
