/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console in boot menus of real systems: which lines change, where a console is added, and that a
 * second pass changes nothing.
 */
#include <tests/harness/check.h>

#include <agent/disk/kernel_console.h>
#include <base/str.h>

#define NEW  "ttyS1,115200n8"
#define IS   "console=" NEW
#define BOTH "console=tty0 " IS

static void test_texts(void **state)
{
	static const struct {
		const char *name;
		enum kernel_lines kind;
		const char *text, *is; /* NULL: nothing changes */
	} rows[] = {
		{"our own recipe's menu", KERNEL_LINES_MENU,
		 "set console=ttyS0,115200\n\tlinux /vmlinuz root=x rw console=tty0 console=$console "
		 "quiet\n",
		 "set console=ttyS0,115200\n\tlinux /vmlinuz root=x rw " BOTH " quiet\n"},
		{"Ubuntu's menu without one", KERNEL_LINES_MENU,
		 "\tlinux\t/vmlinuz-6.1 root=UUID=0f ro  quiet\n\tinitrd /initrd.img\n",
		 "\tlinux\t/vmlinuz-6.1 root=UUID=0f ro  quiet " BOTH "\n\tinitrd /initrd.img\n"},
		{"a screen alone", KERNEL_LINES_MENU, "linux /v ro console=tty1\n",
		 "linux /v ro console=tty1 " IS "\n"},
		{"two serial consoles", KERNEL_LINES_MENU,
		 "linux /v console=ttyS0,9600 console=hvc0 ro\n", "linux /v " IS " ro\n"},
		{"the right one already", KERNEL_LINES_MENU, "linux /v console=" NEW " ro\n", NULL},
		{"systemd-boot's entry", KERNEL_LINES_MENU,
		 "title Debian\noptions    root=UUID=0f ro console=ttyS0,115200\n",
		 "title Debian\noptions    root=UUID=0f ro " IS "\n"},
		{"an entry whose options are in grubenv", KERNEL_LINES_MENU,
		 "options $kernelopts $tuned_params\n", NULL},
		{"grubenv", KERNEL_LINES_MENU,
		 "# GRUB Environment Block\nkernelopts=root=/dev/x ro\n##",
		 "# GRUB Environment Block\nkernelopts=root=/dev/x ro " BOTH "\n##"},
		{"defaults", KERNEL_LINES_MENU,
		 "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"\"\n",
		 "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"" BOTH "\"\n"},
		{"defaults with one", KERNEL_LINES_MENU,
		 "GRUB_CMDLINE_LINUX_DEFAULT='console=ttyS0 quiet'\nGRUB_CMDLINE_LINUX='a=b' \n",
		 "GRUB_CMDLINE_LINUX_DEFAULT='" IS " quiet'\nGRUB_CMDLINE_LINUX='a=b " BOTH "' \n"},
		{"GRUB's own line", KERNEL_LINES_MENU,
		 "serial --unit=0 --speed=9600 --word=8\n"
		 "GRUB_SERIAL_COMMAND=\"serial --speed=9600 --unit=0\"\n",
		 "serial --unit=1 --speed=115200 --word=8\n"
		 "GRUB_SERIAL_COMMAND=\"serial --speed=115200 --unit=1\"\n"},
		{"extlinux", KERNEL_LINES_MENU, "LABEL a\n  LINUX /v\n  APPEND root=x ro\n",
		 "LABEL a\n  LINUX /v\n  APPEND root=x ro " BOTH "\n"},
		{"/etc/kernel/cmdline", KERNEL_LINES_WHOLE, "root=UUID=0f ro quiet\n",
		 "root=UUID=0f ro quiet " BOTH "\n"},
		{"a word without a value", KERNEL_LINES_WHOLE, "console=\n", "console= " IS "\n"},
		{"without a newline", KERNEL_LINES_WHOLE, "ro", "ro " BOTH},
		{"lines that end in CR", KERNEL_LINES_MENU, "options ro\r\n",
		 "options ro " BOTH "\r\n"},
		{"a comment", KERNEL_LINES_MENU, "# linux /v ro\n#GRUB_CMDLINE_LINUX=\"\"\n", NULL},
		{"words that only begin so", KERNEL_LINES_MENU,
		 "linuxmint x\nserialize x\noptional\n", NULL},
		{"another console word", KERNEL_LINES_MENU,
		 "linux /v earlycon=x netconsole=@/eth0 consoleblank=0 " IS "\n", NULL},
		{"nothing", KERNEL_LINES_MENU, "", NULL},
	};

	const struct kernel_console console = {.word = NEW};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str once = {0}, twice = {0};

		str_init(&once, 65536);
		str_init(&twice, 65536);
		bool changed = kernel_console_rewrite(rows[i].text, rows[i].kind, &console, &once);
		CHECK_STR(rows[i].name, once.p, rows[i].is ? rows[i].is : rows[i].text);
		CHECK_INT(rows[i].name, changed, rows[i].is != NULL);
		(void)kernel_console_rewrite(once.p, rows[i].kind, &console, &twice);
		CHECK_STR(rows[i].name, twice.p, once.p);
	}
}

/* GRUB knows no ARM port by a unit. */
static void test_arm(void **state)
{
	autostr struct str out = {0};

	const struct kernel_console console = {.word = "ttyAMA0,115200"};

	(void)state;
	str_init(&out, 65536);
	assert_true(kernel_console_rewrite("serial --unit=0 --speed=9600\nlinux /v ro\n",
					   KERNEL_LINES_MENU, &console, &out));
	assert_string_equal(out.p, "serial --unit=0 --speed=9600\nlinux /v ro console=tty0 "
				   "console=ttyAMA0,115200\n");
}

/* The firmware's port in place of another; a menu that names that port keeps its own speed. */
static void test_by_firmware(void **state)
{
	static const struct {
		const char *text, *is;
	} rows[] = {
		{"linux /v console=ttyS0 ro\n", "linux /v console=ttyS1,9600n8 ro\n"},
		{"linux /v console=ttyS1,115200 ro\n", NULL},
		{"linux /v console=ttyS1 ro\n", NULL},
		{"linux /v console=ttyS10,115200 ro\n", "linux /v console=ttyS1,9600n8 ro\n"},
		{"linux /v ro\n", "linux /v ro console=tty0 console=ttyS1,9600n8\n"},
	};
	const struct kernel_console console = {.word = "ttyS1,9600n8", .by_firmware = true};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str out = {0};

		str_init(&out, 65536);
		CHECK_INT(rows[i].text,
			  kernel_console_rewrite(rows[i].text, KERNEL_LINES_MENU, &console, &out),
			  rows[i].is != NULL);
		CHECK_STR(rows[i].text, out.p, rows[i].is ? rows[i].is : rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts), cmocka_unit_test(test_arm),
					   cmocka_unit_test(test_by_firmware)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
