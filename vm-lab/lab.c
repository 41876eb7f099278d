/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway-lab: virtual racks for Slipway. This file is the command line: which scenarios, which
 * build folder; then each group runs in its own cage, and the reports are written.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include "group.h"
#include "report.h"

enum { EXIT_PASSED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_STOPPED = 130 };

static const char usage[] =
	"usage: slipway-lab list\n"
	"       slipway-lab run [--build DIR] [--results DIR] [--keep] [--timeout SECONDS] SCENARIO...\n"
	"\n"
	"SCENARIO is a name from the list, or the path of a file that ends in .ini.\n"
	"\n"
	"  --build DIR        a checkout's build folder (build if it is there, else what is installed)\n"
	"  --scenarios DIR    where scenarios with a name lie\n"
	"  --results DIR      where report.json, junit.xml and logs go (BUILD/lab, or ./slipway-lab)\n"
	"  --keep             leave disks and server state among the results\n"
	"  --timeout SECONDS  for each scenario, over its own\n"
	"\n"
	"exit: 0 every expectation held, 1 one did not, 2 wrong use, 130 stopped\n";

static int complain(const struct err *err)
{
	(void)fprintf(stderr, "slipway-lab: %s\n  %s\n", err->msg, err_hint(err->code));
	return EXIT_FAILED;
}

static int cmd_list(const struct lab_options *options)
{
	autofree char *pattern = xasprintf("%s/*.ini", options->places.scenarios_dir);
	glob_t files = {0};
	int status = EXIT_PASSED;

	(void)glob(pattern, 0, NULL, &files);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		AUTO(scenario) struct scenario *s = NULL;
		struct err err = ERR_INIT;

		if (scenario_load(files.gl_pathv[i], &s, &err) < 0)
			status = complain(&err);
		else
			(void)printf("%-22s %s\n", s->name, s->title);
	}
	globfree(&files);
	return status;
}

/* Two labs over one folder of results would take each other's files away. */
static int lock_take(const char *folder, int *ret_fd, struct err *err)
{
	autofree char *path = xasprintf("%s/lock", folder);

	TRY(file_make_dirs(folder, 0755, err));
	*ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (*ret_fd < 0)
		return err_sys(err, ERR_IO, "cannot open '%s'", path);
	if (flock(*ret_fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, ERR_LAB_BUSY, "'%s' is locked", path);
	return 0;
}

static int finish(const json_t *results, const char *folder, struct err *err)
{
	autojson json_t *report = report_document((json_t *)(uintptr_t)results);
	const json_t *result;
	autostr struct str out;
	size_t i;

	str_init(&out, 256 * 1024);
	json_array_foreach (results, i, result)
		report_table(result, &out);
	str_add(&out, "\n");
	report_summary(report, &out);
	(void)fputs(out.p, stdout);
	TRY(report_write(report, folder, err));
	return json_integer_value(json_object_get(report, "failed")) ? EXIT_FAILED : EXIT_PASSED;
}

static int run_groups(struct group_list *list, const char *folder, struct err *err)
{
	autojson json_t *results = json_array();
	int status = 0, verdict;

	for (size_t i = 0; i < list->n && status != EXIT_STOPPED; i++)
		TRY(group_run(&list->groups[i], results, &status, err));
	verdict = finish(results, folder, err);
	return verdict < 0 || status != EXIT_STOPPED ? verdict : EXIT_STOPPED;
}

static int cmd_run(const struct lab_options *options, const char *const *names, size_t n_names)
{
	const char *folder = options->places.results_dir;
	static struct group_list list; /* too large for a comfortable stack */
	struct err err = ERR_INIT;
	autoclose int lock = -1;
	int rc = lock_take(folder, &lock, &err);

	if (rc >= 0)
		rc = groups_plan(options, names, n_names, &list, &err);
	if (rc < 0)
		return complain(&err);
	rc = run_groups(&list, folder, &err);
	groups_done(&list);
	return rc < 0 ? complain(&err) : rc;
}

static const struct option long_options[] = {
	{"build", required_argument, NULL, 'b'},
	{"scenarios", required_argument, NULL, 's'},
	{"results", required_argument, NULL, 'r'},
	{"keep", no_argument, NULL, 'k'},
	{"timeout", required_argument, NULL, 't'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

struct arguments {
	struct lab_options options;
	struct lab_places_asked asked;
	const char *command;
	bool help;
	char **names;
	size_t n_names;
};

static bool option_apply(struct arguments *a, int option)
{
	uint64_t seconds;

	switch (option) {
	case 'b':
		a->asked.build_dir = optarg;
		return true;
	case 's':
		a->asked.scenarios_dir = optarg;
		return true;
	case 'r':
		a->asked.results_dir = optarg;
		return true;
	case 'h':
		a->help = true;
		return true;
	case 'k':
		a->options.keep = true;
		return true;
	case 't':
		if (!parse_u64(optarg, &seconds) || seconds == 0 || seconds > 86400)
			return false;
		a->options.timeout_s = (unsigned)seconds;
		return true;
	default:
		return false;
	}
}

static bool arguments_parse(struct arguments *a, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		if (!option_apply(a, option))
			return false;
	if (optind >= argc)
		return a->help;
	a->command = argv[optind++];
	a->names = argv + optind;
	a->n_names = (size_t)(argc - optind);
	return true;
}

static int command_run(struct arguments *a)
{
	if (str_eq(a->command, "list") && a->n_names == 0)
		return cmd_list(&a->options);
	if (str_eq(a->command, "run") && a->n_names > 0)
		return cmd_run(&a->options, (const char *const *)(uintptr_t)a->names, a->n_names);
	(void)fputs(usage, stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static struct arguments a;
	struct err err = ERR_INIT;
	int status;

	if (!arguments_parse(&a, argc, argv)) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (a.help) {
		(void)fputs(usage, stdout);
		return EXIT_PASSED;
	}
	if (lab_places_find(&a.asked, "/proc/self/exe", &a.options.places, &err) < 0)
		return complain(&err);
	status = command_run(&a);
	lab_places_done(&a.options.places);
	return status;
}
