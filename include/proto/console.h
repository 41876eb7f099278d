/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console of a host as the kernel's command line names it: a serial line, "ttyS1,115200n8". It
 * enters command lines and boot menus, so nothing but such a word is taken.
 */
#ifndef PROTO_CONSOLE_H
#define PROTO_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#define CONSOLE_MAX_BYTES 33 /* with the NUL */

/* "ttyS1", "ttyAMA0", "ttyUSB0", "hvc0", "ttysclp0"; and behind a comma the speed, parity (n, o, e),
 * bits (5 to 8) and flow control (r), each only behind the one before. A screen ("tty0") is none.
 * trust: none. */
bool console_is_good(const char *word);

/* The name without the options; 0 for a word that is not good: its length. */
size_t console_name_length(const char *word);

/* Bits a second, 0 where the word says nothing. */
unsigned console_speed(const char *word);

#endif
