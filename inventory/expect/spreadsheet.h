/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What spreadsheets do to identifiers: numbers in scientific notation, dates, error values. Pure.
 * Private to the room.
 */
#ifndef INVENTORY_SPREADSHEET_H
#define INVENTORY_SPREADSHEET_H

enum spreadsheet_damage {
	DAMAGE_ERROR = 1,    /* #N/A, #REF!, ######, a formula */
	DAMAGE_NUMBER = 2,   /* 12345.0, 1,234,567, digits lost after the 15th */
	DAMAGE_DATE = 4,     /* 2024-03-12, 12/03/2024, 12.03.24, 03/26 */
	DAMAGE_MONTH = 8,    /* 1-Mar, Mar-24, 01. Dez */
	DAMAGE_GROUPED = 16, /* 1.234.567, 12.345,00, 12,345; a time */
	DAMAGE_POWER = 32,   /* 1.23457E+12, 1,23E+12, 1.23x10^12 */
	DAMAGE_MARK = 64,    /* the apostrophe before a text */
};
/* What the value looks like, in words ("looks like a number that a spreadsheet shortened"); NULL:
 * none of `what`. text: trimmed. */
const char *spreadsheet_damage(const char *text, unsigned what);

#endif
