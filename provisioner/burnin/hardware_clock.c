/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging the battery-backed clock; see hardware_clock.h. HW: it tells whole seconds, and factories set
 * it to local time as often as to UTC, so a few hours say nothing about its battery.
 */
#include <burnin/hardware_clock.h>

#include <stdlib.h>
#include <base/text.h>

#define RTC_MAX_S (INT64_C(1) << 36) /* the year 4147: what is beyond is not a time */

static bool is_time(const struct hardware_clock *c)
{
	return c->rtc_s >= 0 && c->rtc_s < RTC_MAX_S;
}

static void judge_rate(int64_t went_s, int64_t took_s, struct hardware_clock_answer *ret)
{
	int64_t allowed_s = HARDWARE_CLOCK_SLACK_S + took_s * HARDWARE_CLOCK_PPM / 1000000;

	ret->drift_s = went_s - took_s;
	if (went_s == 0)
		ret->symptom = SYMPTOM_CLOCK_STOPPED;
	else if (llabs(ret->drift_s) > allowed_s)
		ret->symptom = SYMPTOM_CLOCK_DRIFT;
	if (ret->symptom)
		text_print(ret->message, sizeof(ret->message),
			   "the hardware clock went %lld s in %lld s", (long long)went_s,
			   (long long)took_s);
}

static void judge_time(int64_t off_s, struct hardware_clock_answer *ret)
{
	ret->off_s = off_s;
	if (ret->symptom || llabs(off_s) <= HARDWARE_CLOCK_OFF_S)
		return;
	ret->symptom = SYMPTOM_CLOCK_LOST;
	text_print(ret->message, sizeof(ret->message),
		   "the hardware clock is %lld days %s the server's time",
		   (long long)(llabs(off_s) / 86400), off_s < 0 ? "behind" : "ahead of");
}

void hardware_clock_judge(const struct hardware_clock *before, const struct hardware_clock *now,
			  int64_t server_us_at_boot, struct hardware_clock_answer *ret)
{
	int64_t took_ms = now->boot_ms - before->boot_ms;

	*ret = (struct hardware_clock_answer){.symptom = SYMPTOM_NONE};
	if (!is_time(before) || !is_time(now) || took_ms < HARDWARE_CLOCK_LEAST_MS)
		return;
	ret->judged = true;
	judge_rate(now->rtc_s - before->rtc_s, (took_ms + 500) / 1000, ret);
	if (server_us_at_boot > 0)
		judge_time(now->rtc_s - (server_us_at_boot / 1000000 + now->boot_ms / 1000), ret);
	if (!ret->symptom)
		text_print(ret->message, sizeof(ret->message),
			   "it kept time for %lld s, %lld s from the server's time",
			   (long long)(took_ms / 1000), (long long)ret->off_s);
}
