/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system's clocks behind struct clock, and RFC 3339 text both ways.
 */
#include <base/clock.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static const struct clock *held;

static int64_t system_boot_us(void *arg)
{
	(void)arg;
	return held ? clock_boot_us(held) : read_clock_us(CLOCK_BOOTTIME);
}

static int64_t system_wall_us(void *arg)
{
	(void)arg;
	return held ? clock_wall_us(held) : read_clock_us(CLOCK_REALTIME);
}

const struct clock clock_system = {system_boot_us, system_wall_us, NULL};

void clock_hold(const struct clock *clock)
{
	held = clock;
}

int64_t time_boot_ms(void)
{
	return system_boot_us(NULL) / 1000;
}

int64_t time_wall_us(void)
{
	return system_wall_us(NULL);
}

/* n in so many digits, and what follows them. printf() would be most of a list's cost. */
static char *digits(char *p, unsigned n, int count, char then)
{
	for (int i = count - 1; i >= 0; i--, n /= 10)
		p[i] = (char)('0' + n % 10);
	p[count] = then;
	return p + count + 1;
}

void time_rfc3339(int64_t wall_us, char ret[static TIME_TEXT_BYTES])
{
	int64_t s = wall_us / 1000000, us = wall_us % 1000000;
	time_t t;
	struct tm tm;

	if (us < 0) {
		us += 1000000;
		s--;
	}
	t = (time_t)s;
	gmtime_r(&t, &tm);
	/* Years are kept to four digits; what lies outside is not a time that we know. */
	if (tm.tm_year < -1900 || tm.tm_year > 8099) {
		snprintf(ret, TIME_TEXT_BYTES, "1970-01-01T00:00:00Z");
		return;
	}
	char *p = ret;
	p = digits(p, (unsigned)(tm.tm_year + 1900), 4, '-');
	p = digits(p, (unsigned)(tm.tm_mon + 1), 2, '-');
	p = digits(p, (unsigned)tm.tm_mday, 2, 'T');
	p = digits(p, (unsigned)tm.tm_hour, 2, ':');
	p = digits(p, (unsigned)tm.tm_min, 2, ':');
	p = digits(p, (unsigned)tm.tm_sec, 2, us ? '.' : 'Z');
	if (us)
		p = digits(p, (unsigned)us, 6, 'Z');
	*p = '\0';
}

static bool two_digits(const char **p, int max, int *ret)
{
	if ((*p)[0] < '0' || (*p)[0] > '9' || (*p)[1] < '0' || (*p)[1] > '9')
		return false;
	*ret = ((*p)[0] - '0') * 10 + ((*p)[1] - '0');
	*p += 2;
	return *ret <= max;
}

static bool literal(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool parse_fraction_us(const char **p, int *ret_us)
{
	int scale = 100000;

	*ret_us = 0;
	if (!literal(p, '.'))
		return true;
	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++, scale /= 10)
		*ret_us += (**p - '0') * scale;
	return true;
}

static bool parse_offset_s(const char **p, int *ret_s)
{
	int sign, h, m;

	*ret_s = 0;
	if (literal(p, 'Z'))
		return true;
	if (**p != '+' && **p != '-')
		return false;
	sign = *(*p)++ == '+' ? 1 : -1;
	if (!two_digits(p, 23, &h) || !literal(p, ':') || !two_digits(p, 59, &m))
		return false;
	*ret_s = sign * (h * 3600 + m * 60);
	return true;
}

bool time_parse_rfc3339(const char *text, int64_t *ret_wall_us)
{
	int century, year, month, day, hour, minute, second, us, offset_s;
	struct tm tm = {0}, check;
	time_t t;

	if (!two_digits(&text, 99, &century) || !two_digits(&text, 99, &year) ||
	    !literal(&text, '-') || !two_digits(&text, 12, &month) || !literal(&text, '-') ||
	    !two_digits(&text, 31, &day) || !literal(&text, 'T') || !two_digits(&text, 23, &hour) ||
	    !literal(&text, ':') || !two_digits(&text, 59, &minute) || !literal(&text, ':') ||
	    !two_digits(&text, 59, &second) || !parse_fraction_us(&text, &us) ||
	    !parse_offset_s(&text, &offset_s) || *text)
		return false;
	tm.tm_year = century * 100 + year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	t = timegm(&tm);
	/* timegm() folds 31 February into March: refuse what does not come back the same. */
	gmtime_r(&t, &check);
	if (check.tm_mday != day || check.tm_mon != month - 1)
		return false;
	*ret_wall_us = ((int64_t)t - offset_s) * 1000000 + us;
	return true;
}
