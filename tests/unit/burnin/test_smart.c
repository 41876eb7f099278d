/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disk health: what smartctl and nvme print, what is read of it, and what it means. The texts are
 * shortened outputs of real tools.
 */
#include <tests/harness/check.h>

#include <burnin/smart.h>

typedef int reader(struct tool_end end, const char *output, size_t n_bytes,
		   struct smart_health *ret, struct err *err);

struct seen {
	struct burnin_finding first; /* that fails the disk */
	unsigned n_warnings;
};

static void note(void *arg, const struct burnin_finding *finding)
{
	struct seen *seen = arg;

	if (!burnin_rule_of(finding->symptom)->fails)
		seen->n_warnings++;
	else if (!seen->first.symptom)
		seen->first = *finding;
}

#define PASSED      "\"smart_status\":{\"passed\":true},"
#define TABLE(row)  "\"ata_smart_attributes\":{\"table\":[{" row "}]}"
#define ID(id, raw) TABLE("\"id\":" id ",\"raw\":{\"value\":" raw "}")
#define NAMED(id, name, raw)                                                                       \
	TABLE("\"id\":" id ",\"name\":\"" name "\",\"raw\":{\"value\":" raw "}")
#define NVME(members)   "\"nvme_smart_health_information_log\":{" members "}"
#define WELL            "\"critical_warning\":0,\"media_errors\":0,"
#define ATA_TESTS(rows) "\"ata_smart_self_test_log\":{\"standard\":{\"table\":[" rows "]}}"
#define BAD_TEST                                                                                   \
	"{\"status\":{\"value\":121,\"string\":\"Completed: read failure\",\"passed\":false}}"
#define GOOD_TEST        "{\"status\":{\"value\":0,\"string\":\"Completed\",\"passed\":true}}"
#define GOOD             "\"value\":0,\"string\":\"Completed\",\"passed\":true"
#define BAD              "\"value\":121,\"string\":\"Completed: read failure\",\"passed\":false"
#define TYPED(code, end) "{\"type\":{\"value\":" code "},\"status\":{" end "}}"
#define ABORTED          "{\"status\":{\"value\":25,\"string\":\"Aborted by host\"}}"
#define SAS(kind, n)                                                                               \
	"\"scsi_error_counter_log\":{\"" kind "\":{\"total_uncorrected_errors\":" n "}}"

static const struct {
	const char *name;
	reader *read;
	int status; /* below 0: ended by that signal */
	const char *output;
	enum err_code code;
	bool covered;
	enum burnin_symptom symptom; /* the first that fails it */
	const char *message;         /* of that */
} rows[] = {
	{"field-18 SAS write and verify errors", tool_read_smart, 0,
	 "{\"smartctl\":{\"version\":[7,3],\"exit_status\":0},\"device\":{\"name\":\"/dev/"
	 "sdb\",\"protocol\":\"SCSI\"},\"smart_status\":{\"passed\":true},\"temperature\":{"
	 "\"current\":33},\"scsi_grown_defect_list\":0,\"scsi_error_counter_log\":{\"read\":{"
	 "\"total_uncorrected_errors\":0},\"write\":{\"errors_corrected_by_eccfast\":0,\"total_"
	 "uncorrected_errors\":41},\"verify\":{\"total_uncorrected_errors\":12}},\"power_on_time\":"
	 "{\"hours\":30}}",
	 0, true, SYMPTOM_DISK_BAD_SECTORS, "uncorrected-write-errors is 41"},
	{"field-18 SAS verify errors alone", tool_read_smart, 0, "{" PASSED SAS("verify", "12") "}",
	 0, true, SYMPTOM_DISK_BAD_SECTORS, "uncorrected-verify-errors is 12"},
	{"field-18 SAS read errors", tool_read_smart, 0, "{" SAS("read", "1") "}", 0, true,
	 SYMPTOM_DISK_BAD_SECTORS, "uncorrected-read-errors is 1"},
	{"field-18 SAS pending defects", tool_read_smart, 0,
	 "{\"smartctl\":{\"version\":[7,3],\"exit_status\":0},\"device\":{\"name\":\"/dev/"
	 "sdb\",\"protocol\":\"SCSI\"},\"smart_status\":{\"passed\":true},\"scsi_grown_defect_"
	 "list\":0,\"scsi_pending_defects\":{\"count\":9},\"scsi_error_counter_log\":{\"read\":{"
	 "\"total_uncorrected_errors\":0},\"write\":{\"total_uncorrected_errors\":0}},\"power_on_"
	 "time\":{\"hours\":30}}",
	 0, true, SYMPTOM_DISK_BAD_SECTORS, "pending-sectors is 9"},
	{"field-18 a sound SAS disk", tool_read_smart, 0,
	 "{" PASSED "\"scsi_pending_defects\":{\"count\":0}," SAS("write", "0") "}", 0, true,
	 SYMPTOM_NONE, ""},
	{"field-18 SAS self-test failed", tool_read_smart, 0,
	 "{" PASSED
	 "\"scsi_self_test_0\":{\"result\":{\"value\":5,\"string\":\"Failed in second segment\"}}"
	 "}",
	 0, true, SYMPTOM_DISK_SELF_TEST, "failed-self-tests is 1: Failed in second segment"},
	{"field-19 one number above 2^63", tool_read_smart, 0,
	 "{\"smartctl\":{\"version\":[7,3],\"exit_status\":0},\"smart_status\":{\"passed\":true},"
	 "\"nvme_smart_health_information_log\":{\"critical_warning\":4,\"temperature\":40,"
	 "\"available_spare\":2,\"percentage_used\":3,\"data_units_read\":18446744073709550000,"
	 "\"media_errors\":55,\"num_err_log_entries\":1},\"power_on_time\":{\"hours\":10}}",
	 0, true, SYMPTOM_DISK_NVME_WARNING, "nvme-critical-warning is 4, reliability degraded"},
	{"field-19 the count itself is above 2^63", tool_read_smart, 0,
	 "{" NVME("\"critical_warning\":0,\"media_errors\":99999999999999999999999") "}", 0, true,
	 SYMPTOM_DISK_BAD_SECTORS, "media-errors is too large to say"},
	{"field-19 a number that no double holds", tool_read_smart, 0,
	 "{"
	 "\"x\":1e999,\"y\":-1e999," NVME("\"critical_warning\":0,\"media_errors\":55") "}",
	 0, true, SYMPTOM_DISK_BAD_SECTORS, "media-errors is 55"},
	{"field-19 a number of 400 digits", tool_read_smart, 0,
	 "{"
	 "\"x\":"
	 "99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999"
	 "99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999"
	 "99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999"
	 "99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999"
	 "99999999999999999999999999999999999999999999," NVME(
		 "\"critical_warning\":0,\"media_errors\":55") "}",
	 0, true, SYMPTOM_DISK_BAD_SECTORS, "media-errors is 55"},
	{"field-19 nan and infinity", tool_read_smart, 0,
	 "{"
	 "\"x\":nan,\"y\":-Infinity,\"z\":inf," NVME(
		 "\"critical_warning\":0,\"media_errors\":55") "}",
	 0, true, SYMPTOM_DISK_BAD_SECTORS, "media-errors is 55"},
	{"field-19 a name that is not UTF-8", tool_read_smart, 0,
	 "{"
	 "\"model_name\":\"A\xff\x01B\\u0000\\ud800\\q\"," NVME(
		 "\"critical_warning\":0,\"media_errors\":55") "}",
	 0, true, SYMPTOM_DISK_BAD_SECTORS, "media-errors is 55"},
	{"field-19 a member twice", tool_read_smart, 0,
	 "{"
	 "\"x\":1,\"x\":2," NVME("\"critical_warning\":0,\"media_errors\":55") "}",
	 0, true, SYMPTOM_DISK_BAD_SECTORS, "media-errors is 55"},
	{"field-19 a warning before the document", tool_read_smart, 0,
	 "smartctl: note\n"
	 "{" NVME("\"critical_warning\":0,\"media_errors\":\"55\"") "}",
	 0, true, SYMPTOM_DISK_BAD_SECTORS, "media-errors is 55"},
	{"field-20 exit status 128", tool_read_smart, 128,
	 "{\"smartctl\":{\"version\":[7,3],\"exit_status\":128},\"smart_status\":{\"passed\":true},"
	 "\"ata_smart_attributes\":{\"table\":[{\"id\":5,\"name\":\"Reallocated_Sector_Ct\","
	 "\"raw\":{\"value\":0}}]},\"ata_smart_self_test_log\":{\"standard\":{\"table\":[{\"type\":"
	 "{\"string\":\"Short offline\"},\"status\":{\"value\":121,\"string\":\"Completed: read "
	 "failure\",\"passed\":false},\"lifetime_hours\":2,\"lba\":1234567}]}},\"power_on_time\":{"
	 "\"hours\":3}}",
	 0, true, SYMPTOM_DISK_SELF_TEST, "failed-self-tests is 1: Completed: read failure"},
	{"field-20 exit status 192", tool_read_smart, 192,
	 "{\"smartctl\":{\"version\":[7,3],\"exit_status\":128},\"smart_status\":{\"passed\":true},"
	 "\"ata_smart_attributes\":{\"table\":[{\"id\":5,\"name\":\"Reallocated_Sector_Ct\","
	 "\"raw\":{\"value\":0}}]},\"ata_smart_self_test_log\":{\"standard\":{\"table\":[{\"type\":"
	 "{\"string\":\"Short offline\"},\"status\":{\"value\":121,\"string\":\"Completed: read "
	 "failure\",\"passed\":false},\"lifetime_hours\":2,\"lba\":1234567}]}},\"power_on_time\":{"
	 "\"hours\":3}}",
	 0, true, SYMPTOM_DISK_SELF_TEST, "failed-self-tests is 1: Completed: read failure"},
	{"field-20 exit status 136", tool_read_smart, 136,
	 "{\"smartctl\":{\"version\":[7,3],\"exit_status\":128},\"smart_status\":{\"passed\":true},"
	 "\"ata_smart_attributes\":{\"table\":[{\"id\":5,\"name\":\"Reallocated_Sector_Ct\","
	 "\"raw\":{\"value\":0}}]},\"ata_smart_self_test_log\":{\"standard\":{\"table\":[{\"type\":"
	 "{\"string\":\"Short offline\"},\"status\":{\"value\":121,\"string\":\"Completed: read "
	 "failure\",\"passed\":false},\"lifetime_hours\":2,\"lba\":1234567}]}},\"power_on_time\":{"
	 "\"hours\":3}}",
	 0, true, SYMPTOM_DISK_SMART_FAILED, "smart-failed is 1"},
	{"field-20 exit status 255", tool_read_smart, 255,
	 "{\"smartctl\":{\"version\":[7,3],\"exit_status\":128},\"smart_status\":{\"passed\":true},"
	 "\"ata_smart_attributes\":{\"table\":[{\"id\":5,\"name\":\"Reallocated_Sector_Ct\","
	 "\"raw\":{\"value\":0}}]},\"ata_smart_self_test_log\":{\"standard\":{\"table\":[{\"type\":"
	 "{\"string\":\"Short offline\"},\"status\":{\"value\":121,\"string\":\"Completed: read "
	 "failure\",\"passed\":false},\"lifetime_hours\":2,\"lba\":1234567}]}},\"power_on_time\":{"
	 "\"hours\":3}}",
	 0, false, SYMPTOM_DISK_SELF_TEST, "failed-self-tests is 1: Completed: read failure"},
	{"field-20 exit status 132", tool_read_smart, 132,
	 "{\"smartctl\":{\"version\":[7,3],\"exit_status\":128},\"smart_status\":{\"passed\":true},"
	 "\"ata_smart_attributes\":{\"table\":[{\"id\":5,\"name\":\"Reallocated_Sector_Ct\","
	 "\"raw\":{\"value\":0}}]},\"ata_smart_self_test_log\":{\"standard\":{\"table\":[{\"type\":"
	 "{\"string\":\"Short offline\"},\"status\":{\"value\":121,\"string\":\"Completed: read "
	 "failure\",\"passed\":false},\"lifetime_hours\":2,\"lba\":1234567}]}},\"power_on_time\":{"
	 "\"hours\":3}}",
	 0, true, SYMPTOM_DISK_SELF_TEST, "failed-self-tests is 1: Completed: read failure"},
	{"field-20 good health from a disk that could not be opened", tool_read_smart, 2,
	 "{" PASSED ID("5", "0") "}", 0, false, SYMPTOM_NONE, ""},
	{"good health, then a signal", tool_read_smart, -9, "{" PASSED ID("5", "0") "}", 0, false,
	 SYMPTOM_NONE, ""},
	{"field-20 the log's bit without the log", tool_read_smart, 128,
	 "{" PASSED ID("5", "0") "}", 0, true, SYMPTOM_DISK_SELF_TEST, "failed-self-tests is 1"},
	{"field-20 failing bit without the words", tool_read_smart, 8, "{" ID("5", "0") "}", 0,
	 true, SYMPTOM_DISK_SMART_FAILED, "smart-failed is 1"},
	{"field-20 prefailure attributes", tool_read_smart, 16, "{" PASSED ID("5", "0") "}", 0,
	 true, SYMPTOM_DISK_SMART_FAILED, "failing-attributes is 1"},
	{"field-20 an old error in the log alone", tool_read_smart, 64, "{" PASSED ID("5", "0") "}",
	 0, true, SYMPTOM_NONE, ""},
	{"field-20 a signal is not a status", tool_read_smart, -9,
	 "{\"smartctl\":{\"version\":[7,3],\"exit_status\":128},\"smart_status\":{\"passed\":true},"
	 "\"ata_smart_attributes\":{\"table\":[{\"id\":5,\"name\":\"Reallocated_Sector_Ct\","
	 "\"raw\":{\"value\":0}}]},\"ata_smart_self_test_log\":{\"standard\":{\"table\":[{\"type\":"
	 "{\"string\":\"Short offline\"},\"status\":{\"value\":121,\"string\":\"Completed: read "
	 "failure\",\"passed\":false},\"lifetime_hours\":2,\"lba\":1234567}]}},\"power_on_time\":{"
	 "\"hours\":3}}",
	 0, false, SYMPTOM_DISK_SELF_TEST, "failed-self-tests is 1: Completed: read failure"},
	{"a self-test that passed after one that failed", tool_read_smart, 0,
	 "{" PASSED ATA_TESTS(GOOD_TEST "," BAD_TEST) "}", 0, true, SYMPTOM_NONE, ""},
	{"a self-test that was aborted after one that failed", tool_read_smart, 0,
	 "{" PASSED ATA_TESTS(ABORTED "," BAD_TEST) "}", 0, true, SYMPTOM_DISK_SELF_TEST,
	 "failed-self-tests is 1: Completed: read failure"},
	{"a short self-test that passed after an extended one that failed", tool_read_smart, 0,
	 "{" PASSED ATA_TESTS(TYPED("1", GOOD) "," TYPED("2", BAD)) "}", 0, true,
	 SYMPTOM_DISK_SELF_TEST, "failed-self-tests is 1: Completed: read failure"},
	{"an extended self-test that passed after a short one that failed", tool_read_smart, 0,
	 "{" PASSED ATA_TESTS(TYPED("2", GOOD) "," TYPED("1", BAD)) "}", 0, true, SYMPTOM_NONE, ""},
	{"a captive short test proves no more", tool_read_smart, 0,
	 "{" PASSED ATA_TESTS(TYPED("129", GOOD) "," TYPED("130", BAD)) "}", 0, true,
	 SYMPTOM_DISK_SELF_TEST, "failed-self-tests is 1: Completed: read failure"},
	{"SAS short test after a long one", tool_read_smart, 0,
	 "{" PASSED "\"scsi_self_test_0\":{\"code\":{\"value\":1},\"result\":{\"value\":0}},"
	 "\"scsi_self_test_1\":{\"code\":{\"value\":2},\"result\":{\"value\":7,\"string\":"
	 "\"Failed in first segment\"}}}",
	 0, true, SYMPTOM_DISK_SELF_TEST, "failed-self-tests is 1: Failed in first segment"},
	{"the last result without a log", tool_read_smart, 0,
	 "{" PASSED "\"ata_smart_data\":{\"self_test\":{\"status\":{\"value\":118,\"string\":"
	 "\"the test had an electrical failure\",\"passed\":false}}}}",
	 0, true, SYMPTOM_DISK_SELF_TEST,
	 "failed-self-tests is 1: the test had an electrical failure"},
	{"a test that still runs did not fail", tool_read_smart, 0,
	 "{" PASSED "\"ata_smart_data\":{\"self_test\":{\"status\":{\"value\":249,\"string\":"
	 "\"in progress\",\"remaining_percent\":90}}}}",
	 0, true, SYMPTOM_NONE, ""},
	{"NVMe self-test failed", tool_read_smart, 0,
	 "{" PASSED "\"nvme_self_test_log\":{\"table\":[{\"self_test_result\":{\"value\":7,"
	 "\"string\":\"Completed: failed segments\"}}]}"
	 "}",
	 0, true, SYMPTOM_DISK_SELF_TEST, "failed-self-tests is 1: Completed: failed segments"},
	{"field-21 MX500's attribute 197 is not a count of sectors", tool_read_smart, 0,
	 "{\"smartctl\":{\"version\":[7,3],\"exit_status\":0},\"model_name\":\"CT500MX500SSD1\","
	 "\"rotation_rate\":0,\"smart_status\":{\"passed\":true},\"ata_smart_attributes\":{"
	 "\"table\":[{\"id\":5,\"name\":\"Reallocate_NAND_Blk_Cnt\",\"raw\":{\"value\":0}},{\"id\":"
	 "197,\"name\":\"Current_Pending_ECC_Cnt\",\"raw\":{\"value\":1}},{\"id\":198,\"name\":"
	 "\"Offline_Uncorrectable\",\"raw\":{\"value\":0}}]},\"power_on_time\":{\"hours\":3}}",
	 0, true, SYMPTOM_NONE, ""},
	{"field-20 the bit of a failing disk against the words", tool_read_smart, 12,
	 "{" PASSED ID("5", "0") "}", 0, true, SYMPTOM_DISK_SMART_FAILED, "smart-failed is 1"},
	{"field-21 another drive of the family, an older database", tool_read_smart, 0,
	 "{\"model_name\":\"CT1000MX500SSD1\"," PASSED NAMED("197", "Current_Pending_Sector",
							     "1") "}",
	 0, true, SYMPTOM_NONE, ""},
	{"field-21 the log of pending defects", tool_read_smart, 0,
	 "{" PASSED "\"ata_pending_defects_log\":{\"size\":255,\"count\":3}}", 0, true,
	 SYMPTOM_DISK_BAD_SECTORS, "pending-sectors is 3"},
	{"field-19 a warning with its bits", tool_read_smart, 0,
	 "{" PASSED NVME("\"critical_warning\":{\"value\":4,\"ro\":0},\"media_errors\":0") "}", 0,
	 true, SYMPTOM_DISK_NVME_WARNING, "nvme-critical-warning is 4, reliability degraded"},
	{"field-19 a count as a text with commas", tool_read_smart, 0,
	 "{" PASSED NVME("\"critical_warning\":0,\"media_errors\":\"1,055\"") "}", 0, true,
	 SYMPTOM_DISK_BAD_SECTORS, "media-errors is 1055"},
	{"field-19 a fraction is not a count", tool_read_smart, 0,
	 "{" PASSED NVME("\"critical_warning\":0,\"media_errors\":0.5") "}", 0, false, SYMPTOM_NONE,
	 ""},
	{"field-19 a whole number with a point", tool_read_smart, 0,
	 "{" PASSED NVME("\"critical_warning\":0,\"media_errors\":3.0") "}", 0, true,
	 SYMPTOM_DISK_BAD_SECTORS, "media-errors is 3"},
	{"field-19 a fraction in nvme-cli's text", tool_read_nvme, 0,
	 "critical_warning : 0\nmedia_errors : 0.5\n", 0, false, SYMPTOM_NONE, ""},
	{"field-19 digits grouped with points", tool_read_nvme, 0,
	 "critical_warning : 0\nmedia_errors : 1.234\n", 0, true, SYMPTOM_DISK_BAD_SECTORS,
	 "media-errors is 1234"},
	{"field-18 a SAS disk that is hot", tool_read_smart, 8,
	 "{\"smart_status\":{\"passed\":false,\"scsi\":{\"asc\":11,\"ascq\":1}}}", 0, true,
	 SYMPTOM_DISK_HOT, "hot-attributes is 1"},
	{"field-18 a SAS disk whose background test failed", tool_read_smart, 8,
	 "{\"smart_status\":{\"passed\":false,\"scsi\":{\"asc\":11,\"ascq\":3}}}", 0, true,
	 SYMPTOM_DISK_SMART_FAILED, "smart-failed is 1"},
	{"field-18 an NVMe disk without its log", tool_read_smart, 4,
	 "{\"device\":{\"protocol\":\"NVMe\"},\"smart_status\":{\"passed\":true}}", 0, false,
	 SYMPTOM_NONE, ""},
	{"field-21 Micron's part number alone", tool_read_smart, 0,
	 "{\"model_name\":\"MTFDDAK480TDC\"," PASSED NAMED("197", "Current_Pending_Sector",
							   "1") "}",
	 0, true, SYMPTOM_NONE, ""},
	{"field-21 Toshiba's words for attribute 198", tool_read_smart, 0,
	 "{" PASSED NAMED("198", "Off-line_Scan_UNC_Sector_Ct", "6") "}", 0, true,
	 SYMPTOM_DISK_BAD_SECTORS, "uncorrectable-sectors is 6"},
	{"field-21 an attribute 197 that counts sectors", tool_read_smart, 0,
	 "{" PASSED NAMED("197", "Current_Pending_Sector", "1") "}", 0, true,
	 SYMPTOM_DISK_BAD_SECTORS, "pending-sectors is 1"},
	{"field-21 another family's words", tool_read_smart, 0,
	 "{" PASSED NAMED("198", "Uncorrectable_Sector_Ct", "2") "}", 0, true,
	 SYMPTOM_DISK_BAD_SECTORS, "uncorrectable-sectors is 2"},
	{"field-21 an id that counts something else", tool_read_smart, 0,
	 "{" PASSED NAMED("198", "Host_Reads_GiB", "900") "}", 0, true, SYMPTOM_NONE, ""},
	{"field-21 an id without a name", tool_read_smart, 0, "{" PASSED ID("197", "8") "}", 0,
	 true, SYMPTOM_DISK_BAD_SECTORS, "pending-sectors is 8"},
	{"field-21 an id that smartctl does not know", tool_read_smart, 0,
	 "{" PASSED NAMED("197", "Unknown_Attribute", "8") "}", 0, true, SYMPTOM_DISK_BAD_SECTORS,
	 "pending-sectors is 8"},
	{"packed raw value", tool_read_smart, 0, "{" ID("197", "4294967298") "}", 0, true,
	 SYMPTOM_DISK_BAD_SECTORS, "pending-sectors is 2"},
	{"healthy SATA", tool_read_smart, 0, "{" PASSED ID("197", "0") "}", 0, true, SYMPTOM_NONE,
	 ""},
	{"failing", tool_read_smart, 8,
	 "{"
	 "\"smart_status\":{\"passed\":false}"
	 "}",
	 0, true, SYMPTOM_DISK_SMART_FAILED, "smart-failed is 1"},
	{"NVMe spare below its threshold", tool_read_smart, 0,
	 "{" NVME(WELL "\"available_spare\":9,\"available_spare_threshold\":10") "}", 0, true,
	 SYMPTOM_DISK_WORN, "low-spare is 1 (9 % spare left)"},
	{"NVMe spare at its threshold", tool_read_smart, 0,
	 "{" NVME(WELL "\"available_spare\":10,\"available_spare_threshold\":10") "}", 0, true,
	 SYMPTOM_NONE, ""},
	{"NVMe life used up", tool_read_smart, 0, "{" NVME(WELL "\"percentage_used\":100") "}", 0,
	 true, SYMPTOM_DISK_WORN, "percent-used is 100"},
	{"NVMe too hot", tool_read_smart, 0,
	 "{" NVME("\"critical_warning\":2,\"media_errors\":0") "}", 0, true, SYMPTOM_DISK_HOT,
	 "nvme-temperature-warning is 1"},
	{"NVMe too hot, and smartctl calls it failed", tool_read_smart, 8,
	 "{\"smart_status\":{\"passed\":false,\"nvme\":{\"value\":2}}," NVME(
		 "\"critical_warning\":2,\"media_errors\":0") "}",
	 0, true, SYMPTOM_DISK_HOT, "nvme-temperature-warning is 1"},
	{"virtio: cannot be opened", tool_read_smart, 1,
	 "{"
	 "\"smartctl\":{}"
	 "}",
	 0, false, SYMPTOM_NONE, ""},
	{"health in a document of an error", tool_read_smart, 2,
	 "{"
	 "\"smart_status\":{\"passed\":true}"
	 "}",
	 0, false, SYMPTOM_NONE, ""},
	{"no health values", tool_read_smart, 0,
	 "{"
	 "\"device\":{}"
	 "}",
	 0, false, SYMPTOM_NONE, ""},
	{"wrong types everywhere", tool_read_smart, 0,
	 "{"
	 "\"smart_status\":7,\"ata_smart_attributes\":{\"table\":{}},\"power_on_time\":[],"
	 "\"temperature\":null"
	 "}",
	 0, false, SYMPTOM_NONE, ""},
	{"cut off", tool_read_smart, 0, "{\"smartctl\":", ERR_JSON, false, SYMPTOM_NONE, ""},
	{"a list", tool_read_smart, 0, "[]", ERR_FIELD_TYPE, false, SYMPTOM_NONE, ""},
	{"nothing", tool_read_smart, 0, "", ERR_JSON, false, SYMPTOM_NONE, ""},
	{"nvme-cli's JSON", tool_read_nvme, 0,
	 "{\"critical_warning\":1,\"temperature\":313,\"avail_spare\":3,\"spare_thresh\":10,"
	 "\"percent_used\":2,\"data_units_read\":99999999999999999999,\"media_errors\":0}",
	 0, true, SYMPTOM_DISK_NVME_WARNING,
	 "nvme-critical-warning is 1, spare below its threshold"},
	{"nvme-cli's newer JSON", tool_read_nvme, 0,
	 "{\"critical_warning\":{\"value\":8,\"ro\":1},\"media_errors\":\"0\"}", 0, true,
	 SYMPTOM_DISK_NVME_WARNING, "nvme-critical-warning is 8, media is read-only"},
	{"nvme-cli's text", tool_read_nvme, 0,
	 "Smart Log for NVME device:nvme0 namespace-id:ffffffff\ncritical_warning\t\t\t: "
	 "0\ntemperature\t\t\t\t: 40 C (313 Kelvin)\navailable_spare\t\t\t\t: "
	 "100%\nmedia_errors\t\t\t\t: 1,055\n",
	 0, true, SYMPTOM_DISK_BAD_SECTORS, "media-errors is 1055"},
	{"nvme's log without its errors", tool_read_nvme, 0,
	 "{\"critical_warning\":0,\"avail_spare\":100}", 0, false, SYMPTOM_NONE, ""},
	{"nvme failed", tool_read_nvme, 1, "{\"critical_warning\":0,\"media_errors\":0}", 0, false,
	 SYMPTOM_NONE, ""},
	{"nvme failed, and its log reports a fault", tool_read_nvme, 1,
	 "{\"critical_warning\":4,\"media_errors\":55}", 0, false, SYMPTOM_DISK_NVME_WARNING,
	 "nvme-critical-warning is 4, reliability degraded"},
	{"nvme was killed, and its log reports a fault", tool_read_nvme, -9,
	 "{\"critical_warning\":0,\"media_errors\":18446744073709551615}", 0, false,
	 SYMPTOM_DISK_BAD_SECTORS, "media-errors is too large to say"},
	{"nvme-cli's log of self-tests", tool_read_nvme, 0,
	 "{\"Current Device Self-Test Operation\":0,\"List of Valid Reports\":[{\"Self test result\":"
	 "15},{\"Self test result\":0,\"Self test code\":1},{\"Self test result\":6,\"Self test "
	 "code\":2}]}",
	 0, false, SYMPTOM_DISK_SELF_TEST, "failed-self-tests is 1"},
	{"nvme printed something else", tool_read_nvme, 0, "no such file\n", ERR_INVALID, false,
	 SYMPTOM_NONE, ""},
};

static void test_health(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int n = rows[i].status;
		struct tool_end end = n < 0 ? (struct tool_end){.signal = -n} : TOOL_EXITED(n);
		struct seen seen = {0};
		struct smart_health h;
		int r = rows[i].read(end, rows[i].output, strlen(rows[i].output), &h, NULL);

		CHECK_ERR(rows[i].name, r, rows[i].code);
		CHECK_INT(rows[i].name, h.covered, rows[i].covered);
		if (r < 0)
			continue;
		CHECK_INT(rows[i].name, h.reason[0] != '\0', !h.covered);
		unsigned n_failures = smart_judge(&h, NULL, note, &seen);
		CHECK_INT(rows[i].name, seen.first.symptom, rows[i].symptom);
		CHECK_STR(rows[i].name, seen.first.message, rows[i].message);
		CHECK_INT(rows[i].name, n_failures > 0, rows[i].symptom != SYMPTOM_NONE);
	}
}

/* A disk that was used before is reported and does not fail. */
static void test_used(void **state)
{
	static const char output[] = "{" PASSED "\"power_on_time\":{\"hours\":20000}," NAMED(
		"5", "Reallocate_NAND_Blk_Cnt", "3") "}";
	struct seen seen = {0};
	struct smart_health h;

	(void)state;
	assert_int_equal(tool_read_smart(TOOL_EXITED(0), output, strlen(output), &h, NULL), 0);
	assert_int_equal(smart_judge(&h, NULL, note, &seen), 0);
	assert_int_equal(seen.n_warnings, 2);
}

static void test_quirk_is_noted(void **state)
{
	static const char output[] = "{" NAMED("197", "Current_Pending_ECC_Cnt", "1") "}";
	struct smart_health h;

	(void)state;
	assert_int_equal(tool_read_smart(TOOL_EXITED(0), output, strlen(output), &h, NULL), 0);
	assert_int_equal(h.pending_sectors, -1);
	assert_string_equal(h.note, "attribute 197, Current_Pending_ECC_Cnt, is 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_health),
		cmocka_unit_test(test_used),
		cmocka_unit_test(test_quirk_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
