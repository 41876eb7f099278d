/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fence around qemu-img: images that name other files are given to it without the look at their headers
 * that comes first (disk_format.c), and none of those files may be read. Each image is also read
 * without the fence, which must give the secret: else the row would prove nothing.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/process.h>
#include <base/str.h>
#include <images/tool/disk_format.h>
#include <images/tool/qemu_img.h>

#define SECRET     "root:SECRET-OF-THE-MACHINE"
#define DISK_BYTES (1024 * 1024)

static char dir[] = "/tmp/slipway-fence-XXXXXX";

static char *at(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static void put(const char *name, const char *text)
{
	autofree char *path = at(name);

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
}

static int set_up(void **state)
{
	char *disk = xcalloc(1, DISK_BYTES + 1);
	autofree char *path = NULL;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	path = at("victim");
	(void)str_copy(disk, DISK_BYTES, SECRET);
	assert_int_equal(file_write_atomic(path, disk, DISK_BYTES, 0644, NULL), 0);
	free(disk);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return file_remove_tree(dir, NULL);
}

#define FLAT                                                                                       \
	"# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\n"                     \
	"createType=\"monolithicFlat\"\n\nRW 2048 FLAT \"%s\" 0\n\nddb.adapterType = \"ide\"\n"

/* Files that name the victim, as an attacker would make them. */
static const struct {
	const char *name, *format;
	const char *make[12]; /* qemu-img; VICTIM and IMAGE stand for the paths */
	const char *text;     /* or the file itself, with the victim's path */
} images[] = {
	{"a backing file",
	 "qcow2",
	 {"create", "-q", "-f", "qcow2", "-b", "VICTIM", "-F", "raw", "IMAGE"},
	 NULL},
	{"a backing file by its relative name",
	 "qcow2",
	 {"create", "-q", "-f", "qcow2", "-b", "victim", "-F", "raw", "IMAGE"},
	 NULL},
	{"a backing file by json:",
	 "qcow2",
	 {"create", "-q", "-u", "-f", "qcow2", "-b",
	  "json:{\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"filename\":\"VICTIM\"}}", "-F",
	  "raw", "IMAGE", "1M"},
	 NULL},
	{"a backing file by file:",
	 "qcow2",
	 {"create", "-q", "-u", "-f", "qcow2", "-b", "file:VICTIM", "-F", "raw", "IMAGE", "1M"},
	 NULL},
	{"an external data file",
	 "qcow2",
	 {"create", "-q", "-f", "qcow2", "-o", "data_file=VICTIM,data_file_raw=on", "IMAGE", "1M"},
	 NULL},
	{"an extent of a VMDK", "vmdk", {NULL}, FLAT},
};

static char *filled(const char *word, const char *image)
{
	autofree char *victim = at("victim");
	const char *hit = strstr(word, "VICTIM");

	if (str_eq(word, "IMAGE"))
		return xstrdup(image);
	return hit ? xasprintf("%.*s%s%s", (int)(hit - word), word, victim, hit + strlen("VICTIM"))
		   : xstrdup(word);
}

static void make_image(size_t i, const char *image)
{
	const char *argv[16] = {"qemu-img"};
	char *words[16];
	autofree char *victim = at("victim");
	struct err err = ERR_INIT;
	size_t n = 1;

	(void)unlink(image);
	if (images[i].text) {
		const char *hole = strstr(images[i].text, "%s");
		autofree char *text = xasprintf("%.*s%s%s", (int)(hole - images[i].text),
						images[i].text, victim, hole + 2);

		assert_int_equal(file_write_atomic(image, text, strlen(text), 0644, NULL), 0);
		return;
	}
	for (size_t j = 0; images[i].make[j]; j++)
		argv[n++] = words[j] = filled(images[i].make[j], image);
	if (process_check(argv, 60000, &err) < 0)
		fail_msg("row '%s': %s", images[i].name, err.msg);
	for (size_t j = 1; j < n; j++)
		free(words[j - 1]);
	/* a data file is made anew */
	char *disk = xcalloc(1, DISK_BYTES + 1);

	(void)str_copy(disk, DISK_BYTES, SECRET);
	assert_int_equal(file_write_atomic(victim, disk, DISK_BYTES, 0644, NULL), 0);
	free(disk);
}

static bool has_secret(const char *path)
{
	autofree char *text = NULL;
	size_t n = 0;

	return file_read(path, 2 * DISK_BYTES, &text, &n, NULL) == 0 &&
	       memmem(text, n, "SECRET", strlen("SECRET")) != NULL;
}

static int convert_fenced(const char *image, const char *format, const char *to, struct err *err)
{
	const char *const words[] = {"convert", "-n",  "--target-is-zero", "-f",        format,
				     "-O",      "raw", QEMU_IMG_FROM,      QEMU_IMG_TO, NULL};
	autoclose int from_fd = open(image, O_RDONLY | O_CLOEXEC);
	autoclose int to_fd = open(to, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
	struct qemu_img q = {
		.path = image, .folder = dir, .words = words, .from_fd = from_fd, .to_fd = to_fd};
	autofree char *none = NULL;

	assert_true(from_fd >= 0 && to_fd >= 0);
	assert_int_equal(ftruncate(to_fd, DISK_BYTES), 0);
	return qemu_img_run(&q, &none, err);
}

static void test_fence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(images); i++) {
		autofree char *image = at("image"), *to = at("to");
		const char *const loose[] = {"qemu-img", "convert", "-f",  images[i].format,
					     "-O",       "raw",     image, to,
					     NULL};
		struct err err = ERR_INIT;

		make_image(i, image);
		if (process_check(loose, 60000, &err) < 0 || !has_secret(to))
			fail_msg("row '%s' names no victim: %s", images[i].name, err.msg);
		CHECK_ERR(images[i].name, convert_fenced(image, images[i].format, to, &err),
			  ERR_IMAGE_INPUT);
		CHECK(images[i].name, !has_secret(to));
	}
}

/* What the look at the header refuses before. */
static void test_refused_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(images); i++) {
		autofree char *image = at("image");
		autofree uint8_t *head = xcalloc(1, FORMAT_HEAD_BYTES);
		autoclose int fd = -1;
		enum disk_format format = DISK_UNKNOWN;
		struct err err = ERR_INIT;

		make_image(i, image);
		fd = open(image, O_RDONLY | O_CLOEXEC);
		ssize_t n = pread(fd, head, FORMAT_HEAD_BYTES, 0);
		assert_true(n > 0);
		int r = disk_format_of(image, head, (size_t)n, &format, &err);

		if (r == 0)
			r = disk_format_check(image, fd, format, &err);
		CHECK_ERR(images[i].name, r, ERR_IMAGE_INPUT);
	}
}

/* A whole image is read, and its words come back. */
static void test_whole(void **state)
{
	static const char *const formats[] = {"qcow2", "vmdk", "vhdx"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		autofree char *image = at("image"), *to = at("to"), *victim = at("victim");
		const char *const make[] = {"qemu-img", "convert", "-f",  "raw", "-O",
					    formats[i], victim,    image, NULL};
		const char *const info[] = {"info",          "-f",          formats[i],
					    "--output=json", QEMU_IMG_FROM, NULL};
		struct qemu_img q = {.path = image, .folder = dir, .words = info, .to_fd = -1};
		struct err err = ERR_INIT;
		autofree char *answer = NULL;

		(void)unlink(image);
		assert_int_equal(process_check(make, 60000, &err), 0);
		autoclose int fd = open(image, O_RDONLY | O_CLOEXEC);
		q.from_fd = fd;
		if (qemu_img_run(&q, &answer, &err) < 0)
			fail_msg("%s: %s", formats[i], err.msg);
		CHECK(formats[i], strstr(answer, "virtual-size"));
		if (convert_fenced(image, formats[i], to, &err) < 0)
			fail_msg("%s: %s", formats[i], err.msg);
		CHECK(formats[i], has_secret(to));
	}
}

/* The words are ours, but even so: no other file, no network, no child of another program. */
static void test_words(void **state)
{
	static const struct {
		const char *name, *from;
	} rows[] = {
		{"a file of the system", "/etc/passwd"},
		{"a folder above", "VICTIM"},
		{"the memory of another process", "/proc/1/environ"},
		{"json:", "json:{\"driver\":\"file\",\"filename\":\"VICTIM\"}"},
		{"nbd:", "nbd:127.0.0.1:10809"},
		{"nbd: by a socket", "nbd:unix:VICTIM"},
		{"http:", "http://127.0.0.1:1/x"},
		{"a disk", "/dev/vda"},
	};
	autofree char *image = at("image"), *to = at("to");

	(void)state;
	put("image", "x");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *from = filled(rows[i].from, image);
		const char *const words[] = {"convert", "-n", "-O", "raw", from, QEMU_IMG_TO, NULL};
		autoclose int from_fd = open(image, O_RDONLY | O_CLOEXEC);
		autoclose int to_fd = open(to, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
		struct qemu_img q = {.path = image,
				     .folder = dir,
				     .words = words,
				     .from_fd = from_fd,
				     .to_fd = to_fd};
		autofree char *none = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(ftruncate(to_fd, DISK_BYTES), 0);
		CHECK_ERR(rows[i].name, qemu_img_run(&q, &none, &err), ERR_IMAGE_INPUT);
		CHECK(rows[i].name, !has_secret(to));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fence),
		cmocka_unit_test(test_refused_before),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_words),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("images/qemu_img", tests, set_up, tear_down);
}
