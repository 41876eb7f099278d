/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stored outputs of tools as sites send them, and what a person makes of each: the verdict, and the
 * finding that decides it. Layouts follow smartctl 7.2 to 7.4, nvme-cli 1.x and 2.x, ipmitool,
 * edac-util, ras-mc-ctl, ethtool and the kernel; the values are made.
 */
#include <tests/harness/check.h>

#include <base/json.h>
#include <base/str.h>
#include <burnin/judge.h>

#define PASSED    "\"smart_status\":{\"passed\":true}"
#define ROW(rest) "{" PASSED ",\"ata_smart_attributes\":{\"table\":[{" rest "}]}}"
#define ATTRIBUTE(id, name, value, text)                                                           \
	ROW("\"id\":" id ",\"name\":\"" name                                                       \
	    "\",\"value\":100,\"thresh\":10,\"when_failed\":\"\","                                 \
	    "\"raw\":{\"value\":" value ",\"string\":\"" text "\"}")
#define THRESHOLD(id, name, when, prefail)                                                         \
	ROW("\"id\":" id ",\"name\":\"" name                                                       \
	    "\",\"value\":1,\"thresh\":10,\"when_failed\":\"" when                                 \
	    "\",\"flags\":{\"prefailure\":" prefail "},\"raw\":{\"value\":0}")
#define LOG(rest)  "{" PASSED ",\"nvme_smart_health_information_log\":{" rest "}}"
#define NVME(rest) LOG("\"critical_warning\":0,\"media_errors\":0," rest)
#define SCSI(rest) "{\"device\":{\"protocol\":\"SCSI\"}," PASSED "," rest "}"
#define ATA_LOG(rest)                                                                              \
	"{" PASSED ",\"ata_smart_self_test_log\":{\"extended\":{\"table\":[" rest "]}}}"
#define ATA_TEST(code, value, passed)                                                              \
	"{\"type\":{\"value\":" code "},\"status\":{\"value\":" value                              \
	",\"string\":\"x\",\"passed\":" passed "}}"
#define SMB(rest)          "mce: [Hardware Error]: " rest "\n"
#define STRESS(kind, rest) "stress-ng: " kind ": [77] " rest "\n"

static const struct {
	const char *name, *tool;
	int status;
	const char *text, *verdict;
	const char *finding; /* the first finding's verdict; "": none */
	const char *words;   /* in the message or in the first action */
} rows[] = {
	/* ATA: what attributes count, by vendor */
	{"UDMA CRC names the cable, not the disk", "smartctl", 0,
	 ATTRIBUTE("199", "UDMA_CRC_Error_Count", "212", "212"), "passed",
	 "disk-link-errors-before", "Check the cable and the bay"},
	{"an SSD's CRC count", "smartctl", 0, ATTRIBUTE("199", "SATA_CRC_Error_Count", "1", "1"),
	 "passed", "disk-link-errors-before", "not the disk"},
	{"an SSD that counts writes in 199", "smartctl", 0,
	 ATTRIBUTE("199", "Host_Writes_GiB", "212", "212"), "passed", "", "good health"},
	{"Seagate's raw read error rate", "smartctl", 0,
	 ATTRIBUTE("1", "Raw_Read_Error_Rate", "199781349", "199781349"), "passed", "", ""},
	{"Fujitsu packs its reserve into 5", "smartctl", 0,
	 ATTRIBUTE("5", "Reallocated_Sector_Ct", "8589934592000", "0 (2000 0)"), "passed", "", ""},
	{"and a count beside the reserve", "smartctl", 0,
	 ATTRIBUTE("5", "Reallocated_Sector_Ct", "8589934592003", "3 (2000 0)"), "passed",
	 "disk-used", "reallocated-sectors is 3"},
	{"three counters in one raw value, by the text", "smartctl", 0,
	 ATTRIBUTE("197", "Current_Pending_Sector", "4294967296", "0 (1 0)"), "passed", "", ""},
	{"SandForce's retired blocks", "smartctl", 0,
	 ATTRIBUTE("5", "Retired_Block_Count", "2", "2"), "passed", "disk-used", "Ask the vendor"},
	{"Indilinx counts reads in 198", "smartctl", 0,
	 ATTRIBUTE("198", "Read_Sectors_Tot_Ct", "99887766", "99887766"), "passed", "", ""},
	{"reads that could not be corrected in 197", "smartctl", 0,
	 ATTRIBUTE("197", "Total_Unc_Read_Failures", "4", "4"), "failed", "disk-bad-sectors",
	 "reported-uncorrectable is 4"},
	{"another name of 187", "smartctl", 0, ATTRIBUTE("187", "Reported_UE_Counts", "1", "1"),
	 "failed", "disk-bad-sectors", ""},
	{"another name of 198", "smartctl", 0,
	 ATTRIBUTE("198", "Offline_UErr_Media_Scan", "1", "1"), "failed", "disk-bad-sectors", ""},
	{"an end-to-end error", "smartctl", 0, ATTRIBUTE("184", "End-to-End_Error", "1", "1"),
	 "failed", "disk-wrong-data", "end-to-end-errors is 1"},
	{"factory bad blocks in 184", "smartctl", 0,
	 ATTRIBUTE("184", "Factory_Bad_Block_Count", "113", "113"), "passed", "", ""},
	{"field-21 pages of another SSD", "smartctl", 0,
	 ATTRIBUTE("197", "ECC_Error_Count", "3", "3"), "passed", "", "attribute 197"},
	{"field-19 a raw value as text", "smartctl", 0,
	 ATTRIBUTE("197", "Current_Pending_Sector", "\"8\"", "8"), "failed", "disk-bad-sectors",
	 "pending-sectors is 8"},
	{"field-19 a raw value in its text alone", "smartctl", 0,
	 ATTRIBUTE("197", "Current_Pending_Sector", "null", "8"), "failed", "disk-bad-sectors", ""},
	{"field-19 a raw value that cannot be read", "smartctl", 0,
	 ATTRIBUTE("197", "Current_Pending_Sector", "null", "?"), "not-judged", "",
	 "Current_Pending_Sector"},
	{"field-19 a negative raw value", "smartctl", 0,
	 ATTRIBUTE("5", "Reallocated_Sector_Ct", "-1", "-1"), "not-judged", "",
	 "Reallocated_Sector_Ct"},
	{"field-19 more than 2^64", "smartctl", 0,
	 ATTRIBUTE("198", "Offline_Uncorrectable", "36893488147419103232", "?"), "failed",
	 "disk-bad-sectors", "too large to say"},
	/* ATA: thresholds */
	{"a prefailure attribute fails now", "smartctl", 0,
	 THRESHOLD("3", "Spin_Up_Time", "now", "true"), "failed", "disk-smart-failed", ""},
	{"it failed in the past", "smartctl", 32, THRESHOLD("3", "Spin_Up_Time", "past", "true"),
	 "passed", "disk-used", "attributes-failed-before is 1"},
	{"it was hot once", "smartctl", 32,
	 THRESHOLD("190", "Airflow_Temperature_Cel", "past", "false"), "passed", "",
	 "Airflow_Temperature_Cel"},
	{"it is too hot now", "smartctl", 0,
	 THRESHOLD("190", "Airflow_Temperature_Cel", "now", "false"), "failed", "disk-too-hot",
	 "Check fans"},
	{"an SSD at the end of its life", "smartctl", 0,
	 THRESHOLD("233", "Media_Wearout_Indicator", "now", "false"), "failed", "disk-worn-out",
	 ""},
	{"the device statistics know more", "smartctl", 0,
	 "{" PASSED ",\"ata_device_statistics\":{\"pages\":[{\"number\":4,\"table\":[{\"name\":"
	 "\"Number of Reported Uncorrectable Errors\",\"value\":3,\"flags\":{\"valid\":true}}]}]}}",
	 "failed", "disk-bad-sectors", "reported-uncorrectable is 3"},
	{"a statistic that is not valid", "smartctl", 0,
	 "{" PASSED ",\"ata_device_statistics\":{\"pages\":[{\"number\":4,\"table\":[{\"name\":"
	 "\"Number of Reported Uncorrectable Errors\",\"value\":3,\"flags\":{\"valid\":false}}]}]}}",
	 "passed", "", ""},
	/* ATA: self-tests */
	{"a selective test proves nothing about the rest", "smartctl", 0,
	 ATA_LOG(ATA_TEST("4", "0", "true") "," ATA_TEST("2", "121", "false")), "failed",
	 "disk-self-test-failed", ""},
	{"an extended test proves all", "smartctl", 0,
	 ATA_LOG(ATA_TEST("2", "0", "true") "," ATA_TEST("1", "121", "false")), "passed", "", ""},
	{"named by words alone", "smartctl", 0,
	 "{" PASSED ",\"ata_smart_self_test_log\":{\"standard\":{\"table\":[{\"type\":{\"string\":"
	 "\"Short offline\"},\"status\":{\"value\":0,\"passed\":true}},{\"type\":{\"string\":"
	 "\"Extended offline\"},\"status\":{\"value\":118,\"passed\":false}}]}}}",
	 "failed", "disk-self-test-failed", ""},
	/* USB bridges, volumes, odd documents */
	{"a bridge that passes nothing on", "smartctl", 1,
	 "{\"smartctl\":{\"exit_status\":1,\"messages\":[{\"string\":\"/dev/sda: Unknown USB bridge "
	 "[0x0bda:0x9210]\",\"severity\":\"error\"}]}}",
	 "not-judged", "", "Unknown USB bridge"},
	{"a bridge without health", "smartctl", 4,
	 "{\"device\":{\"type\":\"sat\"},\"smart_support\":{\"available\":true,\"enabled\":true}}",
	 "not-judged", "", "no health values"},
	{"a bridge where one log fails", "smartctl", 4,
	 ATTRIBUTE("197", "Current_Pending_Sector", "0", "0"), "passed", "", ""},
	{"a judgement as a text", "smartctl", 0, "{\"smart_status\":{\"passed\":\"FAILED!\"}}",
	 "failed", "disk-smart-failed", ""},
	{"a judgement that is not one", "smartctl", 0, "{\"smart_status\":{\"passed\":null}}",
	 "not-judged", "", ""},
	{"field-19 cut off after the judgement", "smartctl", 0,
	 "{\"smart_status\":{\"passed\":true},\"ata_smart_attributes\":{\"table\":[{\"id\":5,",
	 "not-judged", "", ""},
	/* NVMe in smartctl's document */
	{"healthy NVMe", "smartctl", 0,
	 NVME("\"available_spare\":100,\"available_spare_threshold\":10,\"percentage_used\":0"),
	 "passed", "", ""},
	{"field-19 media errors that cannot be read", "smartctl", 0,
	 LOG("\"critical_warning\":0,\"media_errors\":null"), "not-judged", "", "media_errors"},
	{"field-19 negative media errors", "smartctl", 0,
	 LOG("\"critical_warning\":0,\"media_errors\":-1"), "not-judged", "", "media_errors"},
	{"field-19 no media errors", "smartctl", 0, LOG("\"critical_warning\":0"), "not-judged", "",
	 "media_errors"},
	{"field-19 the exact count as text beside it", "smartctl", 0,
	 LOG("\"critical_warning\":0,\"media_errors\":\"?\",\"media_errors_s\":"
	     "\"340282366920938463463374607431768211455\""),
	 "failed", "disk-bad-sectors", "too large"},
	{"field-19 the warning in hexadecimal", "smartctl", 0,
	 LOG("\"critical_warning\":\"0x04\",\"media_errors\":\"0\""), "failed", "disk-nvme-warning",
	 "reliability degraded"},
	{"spare below its threshold", "smartctl", 0,
	 NVME("\"available_spare\":4,\"available_spare_threshold\":5"), "failed", "disk-worn-out",
	 "4 % spare left"},
	{"more than its life", "smartctl", 0, NVME("\"percentage_used\":255"), "failed",
	 "disk-worn-out", "percent-used is 255"},
	{"worn for a new disk", "smartctl", 0, NVME("\"percentage_used\":38"), "passed",
	 "disk-used", "38"},
	{"spare that cannot be read", "smartctl", 0, NVME("\"available_spare\":null"), "not-judged",
	 "", "available_spare"},
	{"the bits in smart_status alone", "smartctl", 0,
	 "{\"smart_status\":{\"passed\":false,\"nvme\":{\"value\":8}}}", "failed",
	 "disk-smart-failed", ""},
	{"NVMe extended self-test failed", "smartctl", 0,
	 "{" PASSED ",\"nvme_self_test_log\":{\"table\":[{\"self_test_code\":{\"value\":2},"
	 "\"self_test_result\":{\"value\":7,\"string\":\"Completed: failed segment\"}}]}}",
	 "failed", "disk-self-test-failed", "failed segment"},
	{"NVMe self-test stopped by a reset", "smartctl", 0,
	 "{" PASSED ",\"nvme_self_test_log\":{\"table\":[{\"self_test_code\":{\"value\":2},"
	 "\"self_test_result\":{\"value\":2,\"string\":\"Aborted: Controller Reset\"}}]}}",
	 "passed", "", ""},
	/* SAS */
	{"field-18 grown defects", "smartctl", 0, SCSI("\"scsi_grown_defect_list\":37"), "passed",
	 "disk-used", "37"},
	{"field-18 the trip of the disk's own judgement", "smartctl", 8,
	 "{\"smart_status\":{\"passed\":false,\"scsi\":{\"asc\":93,\"ascq\":16,\"ie_string\":"
	 "\"HARDWARE IMPENDING FAILURE GENERAL HARD DRIVE FAILURE\"}},\"scsi_grown_defect_list\":0}",
	 "failed", "disk-smart-failed", ""},
	{"field-18 uncorrected errors as text", "smartctl", 0,
	 SCSI("\"scsi_error_counter_log\":{\"write\":{\"total_uncorrected_errors\":\"2\"}}"),
	 "failed", "disk-bad-sectors", "uncorrected-write-errors is 2"},
	{"field-18 uncorrected errors that cannot be read", "smartctl", 0,
	 SCSI("\"scsi_error_counter_log\":{\"read\":{\"total_uncorrected_errors\":{}}}"),
	 "not-judged", "", "total_uncorrected_errors"},
	{"field-18 corrected errors alone", "smartctl", 0,
	 SCSI("\"scsi_error_counter_log\":{\"read\":{\"errors_corrected_by_eccfast\":91823,"
	      "\"total_errors_corrected\":91823,\"total_uncorrected_errors\":0}}"),
	 "passed", "", ""},
	{"field-18 the background scan found a medium error", "smartctl", 0,
	 SCSI("\"scsi_background_scan\":{\"status\":{\"value\":1},\"result_1\":{\"sense_key\":{"
	      "\"value\":3},\"reassign_status\":{\"value\":1}}}"),
	 "failed", "disk-bad-sectors", "pending-sectors is 1"},
	{"field-18 and put it elsewhere", "smartctl", 0,
	 SCSI("\"scsi_background_scan\":{\"result_1\":{\"sense_key\":{\"value\":3},"
	      "\"reassign_status\":{\"value\":5}}}"),
	 "passed", "", ""},
	{"field-18 a worn SAS SSD", "smartctl", 0,
	 SCSI("\"scsi_percentage_used_endurance_indicator\":104"), "failed", "disk-worn-out",
	 "104"},
	{"field-18 a self-test that is not the newest entry's number", "smartctl", 0,
	 SCSI("\"scsi_self_test_1\":{\"code\":{\"value\":2,\"string\":\"Background long\"},"
	      "\"result\":{\"value\":3,\"string\":\"Failed in segment -->\"}}"),
	 "failed", "disk-self-test-failed", "Failed in segment"},
	/* nvme-cli */
	{"nvme text, degraded", "nvme", 0,
	 "Smart Log for NVME device:nvme0n1 namespace-id:ffffffff\ncritical_warning : 0x4\n"
	 "temperature : 41 C (314 Kelvin)\navailable_spare : 100%\npercentage_used : 2%\n"
	 "media_errors : 0\n",
	 "failed", "disk-nvme-warning", "reliability degraded"},
	{"nvme JSON with null", "nvme", 0, "{\"critical_warning\":0,\"media_errors\":null}",
	 "not-judged", "", "media_errors"},
	/* stressors */
	{"field-54 lines through a syslog", "stress-ng", 0,
	 "Nov 30 h1 " STRESS("info", "skipped: 4: cpu (4)") "Nov 30 h1 " STRESS(
		 "info", "passed: 0") "Nov 30 h1 " STRESS("info",
							  "successful run completed in 0.1s"),
	 "not-judged", "", "skipped: 4"},
	{"field-54 metrics that cannot be trusted", "stress-ng", 0,
	 STRESS("info", "skipped: 0") STRESS("info", "passed: 4: cpu (4)")
		 STRESS("info", "failed: 0") STRESS("info", "metrics untrustworthy: 1: cpu (1)")
			 STRESS("info", "successful run completed in 9.1s"),
	 "not-judged", "", "untrustworthy: 1"},
	{"field-54 no memory for the stressor", "stress-ng", 0,
	 STRESS("info", "vm: skipping stressor, out of memory")
		 STRESS("info", "successful run completed in 9.1s"),
	 "not-judged", "", "skipping stressor"},
	{"field-54 status 7", "stress-ng", 7, STRESS("info", "successful run completed in 9.1s"),
	 "not-judged", "", "status 7"},
	{"an older version names its memory test", "stress-ng", 2,
	 STRESS("fail", "stress-ng-vm: detected 3 bit errors while stressing memory"), "failed",
	 "memory-miscompare", "bit errors"},
	{"a CPU fails while memory is tested", "stress-ng", 2,
	 STRESS("fail", "cpu: matrixprod error detected") STRESS("info", "vm: using 2 GB"),
	 "failed", "cpu-wrong-result", "matrixprod"},
	{"stressapptest counts at its end alone", "stressapptest", 0,
	 "Stats: Completed: 21.00M in 20.0s 1.0MB/s, with 3 hardware incidents, 0 errors\n"
	 "Status: PASS - please verify no corrected errors\n",
	 "failed", "memory-miscompare", ""},
	{"memtester without the word FAILURE", "memtester", 0,
	 "  Stuck Address       : possible bad address line at offset 0x0b4c.\nDone.\n", "failed",
	 "memory-miscompare", "possible bad address line"},
	/* fio */
	{"fio cannot read", "fio", 1, "{\"jobs\":[{\"error\":5,\"total_err\":1}]}", "failed",
	 "disk-read-error", "Input/output error"},
	{"fio reads other bytes", "fio", 1, "{\"jobs\":[{\"error\":84}]}", "failed",
	 "disk-wrong-data", ""},
	{"a negative errno", "fio", 1, "{\"jobs\":[{\"error\":-5}]}", "failed", "disk-read-error",
	 ""},
	{"an error that cannot be read", "fio", 0,
	 "{\"jobs\":[{\"error\":null,\"read\":{\"io_bytes\":4096}}]}", "not-judged", "", "fio"},
	{"an error before a document that is cut off", "fio", 1,
	 "fio: io_u error on file /dev/sdb: Input/output error: read offset=4096\n{\"jobs\":[",
	 "failed", "disk-read-error", ""},
	/* memory controllers */
	{"field-16 errors that no module owns", "edac", 0,
	 "mc0: 0 Uncorrected Errors with no DIMM info\nmc0: 7 Corrected Errors with no DIMM info\n",
	 "failed", "dimm-correctable-errors", "edac-ce is 7"},
	{"field-16 a rank in sysfs", "edac", 0,
	 "/sys/devices/system/edac/mc/mc0/rank4/dimm_ce_count:7\n"
	 "/sys/devices/system/edac/mc/mc0/rank4/dimm_ue_count:0\n",
	 "failed", "dimm-correctable-errors", "mc0/rank4"},
	{"field-16 a channel in sysfs", "edac", 0, "mc1/csrow0/ch1_ce_count:2\nmc1/ue_count:0\n",
	 "failed", "dimm-correctable-errors", "mc1/csrow0"},
	{"field-17 the summary of rasdaemon", "edac", 0,
	 "Memory controller events summary:\n\tUncorrected on DIMM Label(s): 'CPU1_DIMM_A1' "
	 "location: 0:0:0:-1 errors: 2\n",
	 "failed", "dimm-uncorrectable-error", "CPU1_DIMM_A1"},
	{"the summary without quotes", "edac", 0,
	 "Memory controller events summary:\n\tCorrected on DIMM Label(s): P1_A1 location: "
	 "0:0:-1:-1 errors: 7\n",
	 "failed", "dimm-correctable-errors", "edac-ce of P1_A1 is 7"},
	{"the list of errors of rasdaemon", "edac", 0,
	 "1 2026-01-01 00:00:00 +0000 7 Uncorrected error(s): memory read error at P1_A1 location: "
	 "0:0:-1:-1, addr 123, grain 7\n",
	 "failed", "dimm-uncorrectable-error", "edac-ue of P1_A1 is 7"},
	{"an event log without entries", "ipmitool-sel", 0, "SEL has no entries\n", "passed", "",
	 ""},
	{"an event log that could not be read", "ipmitool-sel", 1, "SEL has no entries\n",
	 "not-judged", "", ""},
	{"a stressor of memory by another name", "stress-ng", 2,
	 "stress-ng: fail:  [12] malloc: address differs\n", "failed", "memory-miscompare",
	 "malloc"},
	{"a stressor of a file", "stress-ng", 2,
	 "stress-ng: fail:  [12] stress-ng-hdd: incorrect data at offset 12\n", "failed",
	 "disk-wrong-data", "hdd"},
	{"a stressor of processors that has vm in its words", "stress-ng", 2,
	 "stress-ng: fail:  [12] matrix: vm data difference\n", "failed", "cpu-wrong-result", ""},
	{"fio's error line without a document", "fio", 1,
	 "fio: pid=12, err=5/file:io_u.c:1803, func=io_u error, error=Input/output error\n",
	 "failed", "disk-read-error", ""},
	{"fio's error line of a target", "fio", 1,
	 "fio: io_u error on file /dev/sda: Remote I/O error: read offset=0, buflen=4096\n",
	 "failed", "disk-read-error", ""},
	{"fio's error line about space", "fio", 1,
	 "fio: io_u error on file /tmp/x: No space left on device: write offset=0\n", "not-judged",
	 "", ""},
	{"edac-util without errors", "edac", 0, "edac-util: No errors to report.\n", "passed", "",
	 ""},
	{"edac-util without a controller", "edac", 1,
	 "edac-util: Error: No memory controller data found.\n", "not-judged", "", ""},
	/* network */
	{"a bad cable", "ethtool", 0,
	 "NIC statistics:\n     rx_packets: 9\n     rx_crc_errors: 41\n", "failed", "nic-errors",
	 "Swap the cable"},
	{"symbols of the physical layer", "ethtool", 0, "     rx_symbol_err_phy: 3\n", "failed",
	 "nic-errors", "rx_symbol_err_phy is 3"},
	{"the port's own counter", "ethtool", 0, "     port.rx_crc_errors: 1\n", "failed",
	 "nic-errors", ""},
	{"full queues are not the cable", "ethtool", 0,
	 "     rx_missed_errors: 12\n     rx_out_of_buffer: 7\n     rx_dropped: 3\n"
	 "     rx_csum_offload_errors: 9\n     rx_crc_errors: 0\n",
	 "passed", "", "none counts errors"},
	{"no statistics", "ethtool", 94, "no stats available\n", "not-judged", "", ""},
	/* the BMC */
	{"a supply's states as bits", "ipmitool-sensor", 0,
	 "PS2 Status | 0x9 | discrete | 0x0980| na | na | na | na | na | na\n", "failed",
	 "psu-failed", "input lost"},
	{"a supply that is well", "ipmitool-sensor", 0,
	 "PS1 Status | 0x1 | discrete | 0x0180| na | na | na | na | na | na\n", "passed", "", ""},
	{"a bay's fault light", "ipmitool-sel", 0,
	 " 4 | 04/12/2026 | 10:22:11 | Drive Slot / Bay #0x41 | Drive Fault | Asserted\n", "failed",
	 "disk-smart-failed", "Drive Fault"},
	{"before the clock was set", "ipmitool-sel", 0,
	 " 2 | Pre-Init | 0000000011 | Processor #0x0f | IERR | Asserted\n", "failed",
	 "cpu-machine-check", "IERR"},
	{"a limit of the log is not an error of its own", "ipmitool-sel", 0,
	 " 1 | 04/12/2026 | 10:22:11 | Event Logging Disabled #0x10 | Log area reset/cleared | "
	 "Asserted\n",
	 "passed", "", ""},
	{"a state's transition", "ipmitool-sel", 0,
	 " 3 | 04/12/2026 | 10:22:11 | Module / Board #0x5c | Transition to Critical from less "
	 "severe | Asserted\n",
	 "failed", "sensor-critical", ""},
	/* the kernel */
	{"NVMe's own words for a bad block", "kernel-log", 0,
	 "nvme0n1: Read(0x2) @ LBA 1053696, 8 blocks, Unrecovered Read Error (sct 0x2 / sc 0x81) \n",
	 "failed", "disk-read-error", "Unrecovered Read Error"},
	{"a buffer of a partition", "kernel-log", 0,
	 "Buffer I/O error on dev sda1, logical block 0, async page read\n", "failed",
	 "disk-read-error", "sda1"},
	{"a floppy drive without a floppy", "kernel-log", 0,
	 "blk_update_request: I/O error, dev fd0, sector 0 op 0x0:(READ) flags 0x0\n", "passed", "",
	 ""},
	{"a CD that is not there", "kernel-log", 0, "I/O error, dev sr0, sector 4\n", "passed", "",
	 ""},
	{"sense data of a SAS disk", "kernel-log", 0,
	 "sd 0:0:3:0: [sdd] tag#61 Sense Key : Medium Error [current] [descriptor]\n", "failed",
	 "disk-read-error", ""},
	{"a bad SATA cable", "kernel-log", 0, "ata3: SError: { UnrecovData 10B8B BadCRC }\n",
	 "failed", "disk-link-errors", "Swap the cable"},
	{"an older kernel's EDAC line", "kernel-log", 0,
	 "EDAC MC0: CE page 0x6a, offset 0x10, grain 8, syndrome 0x0, row 1, channel 0, label "
	 "\"DIMM_A2\": i5000\n",
	 "failed", "dimm-correctable-errors", "DIMM_A2"},
	{"APEI names a handle alone", "kernel-log", 0,
	 "{1}[Hardware Error]: event severity: corrected\n{1}[Hardware Error]:  section_type: memory "
	 "error\n{1}[Hardware Error]:   DIMM location: not present. DMI handle: 0x0003 \n",
	 "failed", "dimm-correctable-errors", "memory error"},
	{"events that a daemon took", "kernel-log", 0, SMB("Machine check events logged"), "failed",
	 "cpu-corrected-machine-checks", "events logged"},
	{"events with their lines are told once", "kernel-log", 0,
	 SMB("Machine check events logged") SMB("CPU 0: Machine Check: 0 Bank 9: 9c00000000000151")
		 SMB("PROCESSOR 0:306c3 TIME 1600000000 SOCKET 0 APIC 0 microcode 1"),
	 "failed", "cpu-corrected-machine-checks", "bank 9"},
	{"a port contains an error", "kernel-log", 0,
	 "pcieport 0000:3a:00.0: DPC: containment event, status:0x1f01 source:0x0000\n", "failed",
	 "pcie-error", ""},
	{"a card is gone", "kernel-log", 0, "igb 0000:02:00.0 eno1: PCIe link lost\n", "failed",
	 "pcie-error", ""},
	{"a GPU has fallen off the bus", "kernel-log", 0,
	 "NVRM: Xid (PCI:0000:3b:00): 79, pid=1, GPU has fallen off the bus.\n", "failed",
	 "pcie-error", "Reseat"},
	{"a GPU's memory", "kernel-log", 0,
	 "NVRM: Xid (PCI:0000:3b:00): 48, pid='<unknown>', DBE (double bit error) ECC\n", "failed",
	 "card-failed", "Replace"},
	{"a program on a GPU failed", "kernel-log", 0,
	 "NVRM: Xid (PCI:0000:3b:00): 31, pid=77, MMU Fault\n", "passed", "", ""},
	{"a queue of a newer kernel", "kernel-log", 0,
	 "eth0 (ixgbe): NETDEV WATCHDOG: CPU: 3: transmit queue 7 timed out 5264 ms\n", "failed",
	 "nic-errors", "eth0"},
	{"heat", "kernel-log", 0,
	 "thermal thermal_zone0: acpitz: critical temperature reached, shutting down\n", "failed",
	 "sensor-critical", ""},
	{"a boot without faults", "kernel-log", 0,
	 "mce: CPU0: Thermal monitoring enabled (TM1)\nEDAC MC0: Giving out device to module "
	 "skx_edac\npcieport 0000:00:1c.0: AER: enabled with IRQ 24\n[Firmware Bug]: TSC ADJUST "
	 "differs\nACPI BIOS Error (bug): Could not resolve symbol\nata1: SATA link up 6.0 Gbps\n"
	 "nvme nvme0: 16/0/0 default/read/poll queues\nEXT4-fs (sda1): mounted\n",
	 "passed", "", "no line"},
};

static const char *first(json_t *doc, const char *key)
{
	json_t *finding = json_array_get(json_object_get(doc, "findings"), 0);
	const char *text = json_string_value(json_object_get(finding, key));

	return text ? text : "";
}

static void test_inputs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *doc = NULL;
		struct tool_end end = TOOL_EXITED(rows[i].status);

		CHECK_ERR(rows[i].name,
			  burnin_judge(rows[i].tool, &end, rows[i].text, strlen(rows[i].text), &doc,
				       NULL),
			  0);
		const char *message = json_string_value(json_object_get(doc, "message"));

		CHECK_STR(rows[i].name, json_string_value(json_object_get(doc, "verdict")),
			  rows[i].verdict);
		CHECK_STR(rows[i].name, first(doc, "verdict"), rows[i].finding);
		if (!strstr(message, rows[i].words) &&
		    !strstr(first(doc, "message"), rows[i].words) &&
		    !strstr(first(doc, "action"), rows[i].words))
			fail_msg("row '%s': no '%s' in '%s' and '%s'", rows[i].name, rows[i].words,
				 message, first(doc, "action"));
	}
}

/* smartctl's status is a mask: each of its 256 values over a good document. */
static void test_every_status(void **state)
{
	static const char text[] = ATTRIBUTE("197", "Current_Pending_Sector", "0", "0");

	(void)state;
	for (int status = 0; status < 256; status++) {
		struct tool_end end = TOOL_EXITED(status);
		autojson json_t *doc = NULL;
		autofree char *name = xasprintf("status %d", status);
		const char *right = status & 0x03             ? "not-judged"
				    : status & (8 | 16 | 128) ? "failed"
							      : "passed";

		CHECK_ERR(name, burnin_judge("smartctl", &end, text, strlen(text), &doc, NULL), 0);
		CHECK_STR(name, json_string_value(json_object_get(doc, "verdict")), right);
		CHECK_INT(name, json_integer_value(json_object_get(doc, "exit")), status);
	}
}

/* Each bit of NVMe's critical warning, alone and with all others. */
static void test_every_warning(void **state)
{
	(void)state;
	for (int warning = 0; warning < 256; warning++) {
		autofree char *text = xasprintf(
			"{\"nvme_smart_health_information_log\":{\"critical_warning\":%d,"
			"\"media_errors\":0}}",
			warning);
		const char *right = warning & ~2 ? "disk-nvme-warning"
				    : warning    ? "disk-too-hot"
						 : "";
		autojson json_t *doc = NULL;

		CHECK_ERR(text, burnin_judge("smartctl", NULL, text, strlen(text), &doc, NULL), 0);
		CHECK_STR(text, json_string_value(json_object_get(doc, "verdict")),
			  warning ? "failed" : "passed");
		CHECK_STR(text, first(doc, "verdict"), right);
	}
}

/* No prefix of a sound report passes: what is cut off is not judged. */
static void test_every_cut(void **state)
{
	static const char text[] = NVME("\"percentage_used\":0");
	struct tool_end end = TOOL_EXITED(0);

	(void)state;
	for (size_t n = 0; n < strlen(text); n++) {
		autojson json_t *doc = NULL;
		autofree char *name = xasprintf("%zu bytes", n);

		CHECK_ERR(name, burnin_judge("smartctl", &end, text, n, &doc, NULL), 0);
		CHECK_STR(name, json_string_value(json_object_get(doc, "verdict")), "not-judged");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_every_status),
		cmocka_unit_test(test_every_warning),
		cmocka_unit_test(test_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
