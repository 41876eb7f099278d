/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recognises identifiers that a spreadsheet has changed. It judges by shape and only by shapes that
 * identifiers of machines do not have: "1E12" may be a serial, "1.2E+12" is not. Input: cells of
 * vendors' files.
 */
#include "spreadsheet.h"

#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include <base/cleanup.h>
#include <base/str.h>

/* as English, German and French ones write them */
#define MONTHS                                                                                                                                                                                   \
	"(jan|feb|mar|apr|may|jun|jul|aug|sep|okt|dez|dec|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|M\u00e4r|M\u00e4rz|Mrz|Mai|Okt|Dez|janv|" \
	"f\u00e9vr|mars|avr|mai|juin|juil|ao\u00fbt|sept|oct|nov|d\u00e9"                                                                                                                        \
	"c)"

#define TEXT_MAX 256 /* of a value that is judged */

static const struct {
	unsigned what;
	const char *pattern; /* extended, whole value */
	const char *words;
} shapes[] = {
	{DAMAGE_ERROR, "^#+$", "is a cell that was too narrow"},
	{DAMAGE_ERROR, "^#(N/A|N/V|NV|N/D|NAME|[^0-9a-z ].*[!?])$",
	 "is an error value of a spreadsheet"},
	{DAMAGE_ERROR, "^(=[-+0-9]|=[$]?[A-Za-z]{1,3}[$]?[0-9]+$|[=@][A-Za-z.]+[(])",
	 "is a formula of a spreadsheet"},
	{DAMAGE_ERROR, "^[+][$]?[A-Za-z]{1,3}[$]?[0-9]+$", "is a formula of a spreadsheet"},
	{DAMAGE_NUMBER, "^[-+]?[0-9]+([.,][0-9]+)? ?%$",
	 "looks like a number that a spreadsheet rewrote"},
	{DAMAGE_ERROR, "^Err:[0-9]{3}$", "is an error value of a spreadsheet"},
	{DAMAGE_NUMBER, "^[-+]?[0-9]+ ?[Ee] ?[-+] ?[0-9]{1,4}$",
	 "looks like a number that a spreadsheet shortened"},
	{DAMAGE_POWER, "^[-+]?[0-9]+[.,][0-9]* ?[EeDd] ?[-+]? ?[0-9]{1,4}$",
	 "looks like a number that a spreadsheet shortened"},
	{DAMAGE_POWER,
	 "^[-+]?[0-9]+[.,][0-9]+ ?(x|X|[*]|\u00d7|\u00b7) ?10( ?\\^ ?|[*][*])?[-+]?[0-9]{1,4}$",
	 "looks like a number that a program shortened"},
	{DAMAGE_NUMBER, "^[0-9]{2,}[.,]0+$", "looks like a number that a program rewrote"},
	{DAMAGE_NUMBER, "^[0-9]{1,3}(,[0-9]{3}){2,}([.][0-9]+)?$",
	 "looks like a number that a spreadsheet grouped"},
	{DAMAGE_NUMBER, "^[1-9][0-9]{14}0{3,}$",
	 "looks like a number whose digits after the 15th a spreadsheet lost"},
	{DAMAGE_GROUPED, "^[0-9]{1,3}([.][0-9]{3}){2,}(,[0-9]+)?$",
	 "looks like a number that a spreadsheet grouped"},
	{DAMAGE_GROUPED, "^[0-9]{1,3}([.][0-9]{3})+,[0-9]+$",
	 "looks like a number that a spreadsheet grouped"},
	{DAMAGE_GROUPED, "^[0-9]{1,3}(,[0-9]{3})+[.][0-9]+$",
	 "looks like a number that a spreadsheet grouped"},
	{DAMAGE_GROUPED, "^[0-9]{1,3}(('|\u00a0|\u2009|\u202f|\u2019)[0-9]{3})+$",
	 "looks like a number that a spreadsheet grouped"},
	{DAMAGE_GROUPED, "^[0-9]+,[0-9]+$", "looks like a number that a program rewrote"},
	{DAMAGE_GROUPED, "^[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( [AP]M)?$",
	 "looks like a time that a spreadsheet made"},
	{DAMAGE_MARK, "^('|`[^`]*$|\u00b4|\u2018|\u2019)",
	 "begins with the mark that a spreadsheet sets before a text"},
	{DAMAGE_NUMBER, "^[-+]?([$]|\u20ac|\u00a3|\u00a5) ?[0-9.,]+$",
	 "looks like an amount of money"},
	{DAMAGE_NUMBER, "^[-+]?[0-9.,]+ ?([$]|\u20ac|\u00a3|\u00a5)$",
	 "looks like an amount of money"},
	{DAMAGE_MARK, "(\u201c|\u201d|\u201e|\u201f|\u00ab|\u00bb|\u2039|\u203a)",
	 "holds quotation marks of a word processor"},
	{DAMAGE_MARK, "^(\".*\"|'.*')$", "stands in quotation marks"},
	{DAMAGE_DATE, "^[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([T ][0-9:.]+( [AP]M)?Z?)?$",
	 "looks like a date that a spreadsheet made"},
	{DAMAGE_DATE, "^[0-9]{1,2}([/.])[0-9]{1,2}[/.]([0-9]{2}|[0-9]{4})( [0-9:.]+( [AP]M)?)?$",
	 "looks like a date that a spreadsheet made"},
	{DAMAGE_DATE, "^[0-9]{1,2}-[0-9]{1,2}-([0-9]{2}|[0-9]{4})( [0-9:.]+( [AP]M)?)?$",
	 "looks like a date that a spreadsheet made"},
	{DAMAGE_DATE, "^(0?[1-9]|1[0-2])/([0-9]{2}|[0-9]{4})$",
	 "looks like a date that a spreadsheet made"},
	{DAMAGE_MONTH, "^[0-9]{1,2}[-. ]{1,2}" MONTHS "[.]?([-. ]{1,2}[0-9]{2,4}( [0-9:.]+)?)?$",
	 "looks like a date that a spreadsheet made"},
	{DAMAGE_MONTH, "^([A-Z][a-z]+, )?" MONTHS "[a-z]*[.]? [0-9]{1,2}, [0-9]{4}$",
	 "looks like a date that a spreadsheet made"},
	{DAMAGE_MONTH, "^" MONTHS "[.]?[-. ]{1,2}[0-9]{2,4}$",
	 "looks like a date that a spreadsheet made"},
};

static regex_t compiled[ARRAY_LEN(shapes)];
static once_flag compiled_once = ONCE_FLAG_INIT;

static void compile_all(void)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		if (regcomp(&compiled[i], shapes[i].pattern, REG_EXTENDED | REG_NOSUB) != 0)
			abort(); /* a pattern of ours is wrong: every test shows it */
}

/* Most values are ruled out by a look. */
static bool is_suspicious(const char *text)
{
	return text[0] == '#' || str_starts(text, "Err:") ||
	       strpbrk(text, "+,./ -:'`\"*=@%$\xc2\xc3\xe2") ||
	       (strlen(text) >= 18 && str_ends(text, "000"));
}

const char *spreadsheet_damage(const char *text, unsigned what)
{
	if (!is_suspicious(text) || strlen(text) > TEXT_MAX)
		return NULL;
	call_once(&compiled_once, compile_all);
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		if ((shapes[i].what & what) && regexec(&compiled[i], text, 0, NULL, 0) == 0)
			return shapes[i].words;
	return NULL;
}
