/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that nobody here may make, turned into compile errors. The Makefile forces this header into
 * every source file. After each name stands what to use instead. (Technique: git's banned.h.)
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy
#define strcpy(d, s) BANNED_strcpy_use_struct_str
#undef strcat
#define strcat(d, s) BANNED_strcat_use_struct_str
#undef strncpy
#define strncpy(d, s, n) BANNED_strncpy_use_str_copy
#undef strncat
#define strncat(d, s, n) BANNED_strncat_use_struct_str
#undef sprintf
#define sprintf(...) BANNED_sprintf_use_snprintf_or_str_addf
#undef vsprintf
#define vsprintf(...) BANNED_vsprintf_use_vsnprintf
#undef strtok
#define strtok(s, d) BANNED_strtok_use_sv_split
#undef atoi
#define atoi(s) BANNED_atoi_use_parse_i64
#undef atol
#define atol(s) BANNED_atol_use_parse_i64
#undef gets
#define gets(s) BANNED_gets_use_getline
#undef gmtime
#define gmtime(t) BANNED_gmtime_use_gmtime_r
#undef localtime
#define localtime(t) BANNED_localtime_use_gmtime_r
#undef ctime
#define ctime(t) BANNED_ctime_use_time_rfc3339
#undef asctime
#define asctime(t) BANNED_asctime_use_time_rfc3339
#undef mktemp
#define mktemp(t) BANNED_mktemp_use_O_TMPFILE_or_mkstemp
#undef system
#define system(c) BANNED_system_use_process_run
#undef popen
#define popen(c, m) BANNED_popen_use_process_run

#endif
