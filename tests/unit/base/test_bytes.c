/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The byte cursor: both byte orders, the sticky flag, sub-cursors that cannot see beyond their end.
 */
#include <tests/harness/check.h>

#include <base/bytes.h>

static const uint8_t counting[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0xf8, 0xff};

static void test_both_orders(void **state)
{
	struct cur c = cur_of(counting, sizeof(counting));

	(void)state;
	assert_int_equal(cur_le16(&c), 0x0201);
	assert_int_equal(cur_be16(&c), 0x0304);
	assert_int_equal(cur_le32(&c), 0xf8070605);
	assert_int_equal(cur_u8(&c), 0xff);
	assert_int_equal(c.left_bytes, 0);
	assert_false(c.short_read);
	c = cur_of(counting, sizeof(counting));
	assert_true(cur_le64(&c) == 0xf807060504030201U);
	c = cur_of(counting, sizeof(counting));
	assert_int_equal(cur_be32(&c), 0x01020304);
}

struct short_row {
	const char *name;
	size_t have, want;
	bool short_read;
};

static const struct short_row short_rows[] = {
	{"nothing of nothing", 0, 0, false},
	{"one of nothing", 0, 1, true},
	{"exactly", 9, 9, false},
	{"one too many", 9, 10, true},
	{"the largest size", 9, SIZE_MAX, true},
};

static void test_running_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(short_rows); i++) {
		const struct short_row *row = &short_rows[i];
		struct cur c = cur_of(counting, row->have), sub;

		CHECK(row->name, (cur_bytes(&c, row->want) == NULL) == row->short_read);
		CHECK(row->name, c.short_read == row->short_read);
		c = cur_of(counting, row->have);
		sub = cur_sub(&c, row->want);
		CHECK(row->name, c.short_read == row->short_read);
		CHECK(row->name, sub.short_read == row->short_read);
		CHECK_INT(row->name, sub.left_bytes, row->short_read ? 0 : row->want);
	}
}

static void test_the_flag_is_sticky(void **state)
{
	struct cur c = cur_of(counting, 3);

	(void)state;
	assert_int_equal(cur_le32(&c), 0); /* zeros, not the three bytes that were there */
	assert_true(c.short_read);
	assert_int_equal(c.left_bytes, 0);
	assert_int_equal(cur_u8(&c), 0);
	cur_skip(&c, 0);
	assert_true(c.short_read);
}

static void test_no_memory_at_all(void **state)
{
	struct cur c = cur_of(NULL, 0), sub;

	(void)state;
	sub = cur_sub(&c, 0);
	assert_false(sub.short_read);
	assert_false(c.short_read);
	assert_int_equal(cur_u8(&c), 0);
	assert_true(c.short_read);
}

static void test_a_sub_cursor_stays_inside(void **state)
{
	struct cur c = cur_of(counting, sizeof(counting)), sub;

	(void)state;
	cur_skip(&c, 1);
	sub = cur_sub(&c, 2);
	assert_int_equal(cur_be16(&sub), 0x0203);
	assert_int_equal(cur_u8(&sub), 0);
	assert_true(sub.short_read);
	assert_false(c.short_read);
	assert_int_equal(cur_u8(&c), 0x04);
}

static void test_writing(void **state)
{
	uint8_t b[8];
	struct cur c;

	(void)state;
	put_le64(b, 0x1122334455667788U);
	assert_int_equal(b[0], 0x88);
	assert_int_equal(b[7], 0x11);
	put_le32(b, 0xdeadbeefU);
	c = cur_of(b, 4);
	assert_int_equal(cur_le32(&c), 0xdeadbeefU);
	put_le16(b, 0xabcd);
	assert_int_equal(b[1], 0xab);
	assert_int_equal(b[2], 0xad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_orders),
		cmocka_unit_test(test_running_out),
		cmocka_unit_test(test_the_flag_is_sticky),
		cmocka_unit_test(test_no_memory_at_all),
		cmocka_unit_test(test_a_sub_cursor_stays_inside),
		cmocka_unit_test(test_writing),
	};

	return cmocka_run_group_tests_name("base/bytes", tests, NULL, NULL);
}
