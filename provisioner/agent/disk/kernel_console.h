/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The serial console in an image's boot menus: the kernel's command lines name the one that its builder
 * had, and this host has another. Pure.
 */
#ifndef AGENT_KERNEL_CONSOLE_H
#define AGENT_KERNEL_CONSOLE_H

#include <stdbool.h>
#include <base/str.h>

struct kernel_console {
	const char *word; /* proto/console.h, good; NULL: none */
	bool by_firmware; /* nobody asked for it: a menu that names the same port keeps its speed */
};

/* What the file is, by its path: its lines are menus, or all of it is a command line. */
enum kernel_lines { KERNEL_LINES_MENU, KERNEL_LINES_WHOLE };

/* One text with this console in place of the serial consoles of its command
 * lines; lines without one get it behind the screen's. GRUB's own serial line follows, if it has one and
 * the console is a ttySn. out: the new text; false if nothing in it changes. trust: none of text. */
bool kernel_console_rewrite(const char *text, enum kernel_lines kind,
			    const struct kernel_console *console, struct str *out);

#endif
