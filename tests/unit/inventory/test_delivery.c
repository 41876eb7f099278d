/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries: vendors' files as they are, rows that fall on each other or on hosts that exist, what
 * spreadsheets do to identifiers, imports again, and the counts of all that. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/delivery.h>
#include <inventory/identity.h>

#include "store_fixture.h"

#define US 1000000LL

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s (%s) at %s", err->msg, err_name(err->code), err->pointer);
}

static int64_t count(struct db *db, const char *sql)
{
	struct err err = ERR_INIT;
	int64_t n = -1;

	must(db_query_int_n(db, &(struct db_call){.sql = sql}, -1, &n, &err), &err);
	return n;
}

static long long number(const json_t *doc, const char *key)
{
	assert_true(json_is_integer(json_object_get(doc, key)));
	return (long long)json_integer_value(json_object_get(doc, key));
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static char *csv_text(const char *text, size_t n, char **ret_places, struct err *err)
{
	struct delivery_list list;

	*ret_places = NULL;
	int r = delivery_list_from_csv(text, n, &list, err);
	char *rows = r == 0 ? json_text(list.rows) : NULL;
	*ret_places = r == 0 ? json_text(list.places) : NULL;
	delivery_list_done(&list);
	return rows;
}

static void test_csv(void **state)
{
#define A_ROW "[{\"serial\":\"A\"}]"
	static const struct {
		const char *name, *text, *expect; /* NULL: ERR_CSV */
		size_t n;                         /* 0: of the text */
	} cases[] = {
		{"plain", "serial,unit\nA,7\nB,\n",
		 "[{\"serial\":\"A\",\"unit\":7},{\"serial\":\"B\"}]", 0},
		{"CRLF and byte order mark", "\xef\xbb\xbfserial\r\nA\r\n", A_ROW, 0},
		{"CR alone", "serial\rA\r", A_ROW, 0},
		{"quotes", "serial,rack\n\"A,\"\"1\"\"\",\"r\n1\"\n",
		 "[{\"rack\":\"r\\n1\",\"serial\":\"A,\\\"1\\\"\"}]", 0},
		{"several MACs", "macs\n52:54:00:00:00:01;52:54:00:00:00:02\n",
		 "[{\"macs\":[\"52:54:00:00:00:01\",\"52:54:00:00:00:02\"]}]", 0},
		{"several MAC columns",
		 "NIC 1 MAC,NIC 2 MAC\n52:54:00:00:00:01,52:54:00:00:00:02\n",
		 "[{\"macs\":[\"52:54:00:00:00:01\",\"52:54:00:00:00:02\"]}]", 0},
		{"no last line end", "serial\nA", A_ROW, 0},
		{"the end of a text as old systems mark it", "serial\r\nA\r\n\x1a", A_ROW, 0},
		{"the same on a line of its own", "serial\r\nA\r\n\x1a\r\n", A_ROW, 0},
		{"empty lines", "serial\n\nA\n\n", A_ROW, 0},
		{"lines of delimiters alone at the end", "serial,unit\nA,\n,\n , \n", A_ROW, 0},
		{"a line of delimiters alone", "serial,unit\n,\nA,\n", A_ROW, 0},
		{"header alone", "serial\n", "[]", 0},
		{"semicolons", "serial;unit\nA;7\n", "[{\"serial\":\"A\",\"unit\":7}]", 0},
		{"tabs", "serial\tunit\nA\t7\n", "[{\"serial\":\"A\",\"unit\":7}]", 0},
		{"a line that names the delimiter", "sep=;\nserial;rack\nA;r,1\n",
		 "[{\"rack\":\"r,1\",\"serial\":\"A\"}]", 0},
		{"headings by case, blanks and synonyms",
		 "Service Tag, HOSTNAME ,Rack Unit\nA,h,3\n",
		 "[{\"name\":\"h\",\"serial\":\"A\",\"unit\":3}]", 0},
		{"a heading of two lines", "\"Serial\nNumber\"\nA\n", A_ROW, 0},
		{"UTF-16, little end first", "\xff\xfes\0n\0\n\0A\0\n\0", A_ROW, 12},
		{"UTF-16, big end first", "\xfe\xff\0s\0n\0\n\0A\0\n", A_ROW, 12},
		{"UTF-16 without a mark", "s\0n\0\n\0A\0\n\0", A_ROW, 10},
		{"Latin-1", "sn,site\nA,K\xf6ln\n", "[{\"serial\":\"A\",\"site\":\"K\xc3\xb6ln\"}]",
		 0},
		{"field-27 Windows-1252", "sn,site\nA,K\xf6ln \x96 Nord\n",
		 "[{\"serial\":\"A\",\"site\":\"K\xc3\xb6ln \xe2\x80\x93 Nord\"}]", 0},
		{"field-27 zeros kept by a formula", "serial,rack\n=\"0012\",\"=\"\"07\"\"\"\n",
		 "[{\"rack\":\"07\",\"serial\":\"0012\"}]", 0},
		{"field-27 another formula stays", "serial\n\"=A\"\"1\"\"\"\n",
		 "[{\"serial\":\"=A\\\"1\\\"\"}]", 0},
		{"empty lines before the heading", "\n\r\nserial\nA\n", A_ROW, 0},
		{"empty values behind the last column", "serial\nA,,\n", A_ROW, 0},
		{"headings without a name at the end", "serial,,\nA\n", A_ROW, 0},
		{"several MACs by a slash", "macs\n52:54:00:00:00:01/52:54:00:00:00:02\n",
		 "[{\"macs\":[\"52:54:00:00:00:01\",\"52:54:00:00:00:02\"]}]", 0},
		{"no MAC", "serial,mac\nA,N/A\n", "[{\"macs\":[\"N/A\"],\"serial\":\"A\"}]", 0},
		{"Dell's headings",
		 "Svc Tag,Embedded NIC 1 MAC Address,iDRAC9 MAC Address\nA,M,B\n",
		 "[{\"bmc_mac\":\"B\",\"macs\":[\"M\"],\"serial\":\"A\"}]", 0},
		{"HPE's headings", "Server Serial Number,NIC 1 Port 1 MAC,iLO 5 MAC\nA,M,B\n",
		 "[{\"bmc_mac\":\"B\",\"macs\":[\"M\"],\"serial\":\"A\"}]", 0},
		{"Supermicro's headings", "System S/N,LAN1 MAC Address,BMC LAN MAC\nA,M,B\n",
		 "[{\"bmc_mac\":\"B\",\"macs\":[\"M\"],\"serial\":\"A\"}]", 0},
		{"Lenovo's headings", "Machine Serial Number,LOM MAC,XCC MAC\nA,M,B\n",
		 "[{\"bmc_mac\":\"B\",\"macs\":[\"M\"],\"serial\":\"A\"}]", 0},
		{"field-27 MAC addresses with blanks inside and between",
		 "mac\n\"52 54 00 00 00 01, 5254.0000.0002 52:54:00:00:00:03\"\n",
		 "[{\"macs\":[\"52 54 00 00 00 01\",\"5254.0000.0002\",\"52:54:00:00:00:03\"]}]",
		 0},
		{"field-27 headings that explain in brackets",
		 "Serial (S/N),MAC (LOM 1),eth0 MAC addr.,Mgmt port MAC,Switch MAC\nA,M,N,B,X\n",
		 "[{\"bmc_mac\":\"B\",\"macs\":[\"M\",\"N\"],\"serial\":\"A\"}]", 0},
		{"field-27 a title above the heading",
		 "Packing list\n\nOrder;4711;;\n;;;\nSN;Rack;Unit\nA;r;U7\n",
		 "[{\"rack\":\"r\",\"serial\":\"A\",\"unit\":\"U7\"}]", 0},
		{"field-27 German headings",
		 "Ger\u00e4te-Seriennummer;MAC-Adressen;Schrank;HE;Standort;Inventar-Nr.;St\u00fcckzahl\nA;M;r;7;"
		 "K;T;1\n",
		 "[{\"asset_tag\":\"T\",\"macs\":[\"M\"],\"quantity\":\"1\",\"rack\":\"r\","
		 "\"serial\":\"A\",\"site\":\"K\",\"unit\":7}]",
		 0},
		{"field-27 French headings",
		 "N\u00b0 de s\u00e9rie;Adresse MAC de gestion;Baie;Position U;Rang\u00e9e;Nom d\u2019h\u00f4te\n"
		 "A;M;r;7;K;N\n",
		 "[{\"bmc_mac\":\"M\",\"name\":\"N\",\"rack\":\"r\",\"row\":\"K\",\"serial\":\"A\","
		 "\"unit\":7}]",
		 0},
		{"field-27 headings whose accents are characters of their own",
		 "Nume\u0301ro de se\u0301rie\nA\n", A_ROW, 0},
		{"field-27 commas inside headings between semicolons",
		 "SN;Menge, Soll;Ort, Raum\nA;1;f\n", A_ROW, 0},
		{"a workbook", "PK\x03\x04", NULL, 0},
		{"an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", NULL, 0},
		{"a comment above the heading", "# of a tool\nserial,unit\nA,7\n",
		 "[{\"serial\":\"A\",\"unit\":7}]", 0},
		{"field-28 rows above the heading", "A,r1,1\nserial,rack,unit\nB,r1,2\n", NULL, 0},
		{"field-28 a row with a MAC address above the heading",
		 "A,52:54:00:00:00:01\nserial,mac,rack\n", NULL, 0},
		{"field-28 a list of serials that was sorted", "A\nserial\nB\n", NULL, 0},
		{"two columns of the BMC", "serial,iLO 4 MAC,iLO 5 MAC\nA,B,C\n", NULL, 0},
		{"an unknown column is ignored", "serial,colour\nA,red\n", A_ROW, 0},
		{"no known column", "colour,weight\nred,1\n", NULL, 0},
		{"nothing that names a host", "rack,unit\nr1,1\n", NULL, 0},
		{"a column twice", "serial,Service Tag\nA,B\n", NULL, 0},
		{"open quote", "serial\n\"A\n", NULL, 0},
		{"a NUL", "serial\nA\0B\n", NULL, 11},
		{"half a UTF-16 character", "\xff\xfes\0n\0\n", NULL, 7},
		{"nothing", "", NULL, 0},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		autofree char *places = NULL;
		size_t n = cases[i].n ? cases[i].n : strlen(cases[i].text);
		autofree char *text = csv_text(cases[i].text, n, &places, &err);
		if (cases[i].expect ? !str_eq(text, cases[i].expect) : err.code != ERR_CSV)
			fail_msg("%s: %s %s", cases[i].name, text ? text : "", err.msg);
	}
}

/* A value that is too long is an error where it means something, and else it is ignored. */
static void test_csv_long_values(void **state)
{
	static const struct {
		const char *heading, *places;
	} cases[] = {
		{"serial,colour", "[{\"line\":2},{\"line\":3}]"},
		{"serial,asset_tag",
		 "[{\"errors\":[{\"code\":\"input.csv\",\"detail\":\"a value is longer than 4096 "
		 "bytes\"}],\"line\":2},{\"line\":3}]"},
	};
	char value[5001];

	(void)state;
	memset(value, 'A', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		autofree char *text = xasprintf("%s\nA,%s\nB,b\n", cases[i].heading, value);
		autofree char *places = NULL;
		autofree char *rows = csv_text(text, strlen(text), &places, &err);
		assert_non_null(rows);
		assert_string_equal(places, cases[i].places);
	}
}

/* Errors of one row leave the others alone, and lines are those of the file. */
static void test_csv_rows_have_their_lines(void **state)
{
	static const struct {
		const char *name, *text, *places;
	} cases[] = {
		{"quoted line ends count", "serial,rack\n\"A\",\"r\n1\"\nB,r\n",
		 "[{\"line\":2},{\"line\":4}]"},
		{"so do empty lines and CRLF", "serial\r\n\r\n\r\nA\r\n\"B\r\nC\"\r\nD\r\n",
		 "[{\"line\":4},{\"line\":5},{\"line\":7}]"},
		{"and a heading of two lines", "\"Serial\nNumber\"\nA\n", "[{\"line\":3}]"},
		{"too few values", "serial,unit\nA\nB,1\n",
		 "[{\"errors\":[{\"code\":\"input.csv\",\"detail\":\"1 values, the heading has 2 "
		 "columns\"}],\"line\":2},{\"line\":3}]"},
		{"too many values", "serial\nA,B\n",
		 "[{\"errors\":[{\"code\":\"input.csv\",\"detail\":\"2 values, the heading has 1 "
		 "columns\"}],\"line\":2}]"},
		{"text after a quote", "serial\n\"A\"B\nC\n",
		 "[{\"errors\":[{\"code\":\"input.csv\",\"detail\":\"text after a closing "
		 "quote\"}],\"line\":2},{\"line\":3}]"},
		{"quote inside", "serial\nA\"B\nC\n",
		 "[{\"errors\":[{\"code\":\"input.csv\",\"detail\":\"a quote inside a value that is "
		 "not quoted\"}],\"line\":2},{\"line\":3}]"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		autofree char *places = NULL;
		autofree char *text = csv_text(cases[i].text, strlen(cases[i].text), &places, &err);
		if (!str_eq(places, cases[i].places))
			fail_msg("%s: %s %s", cases[i].name, places ? places : "", err.msg);
	}
}

/* ---- imports --------------------------------------------------------------------------------- */

static json_t *import_list(struct db *db, const struct delivery_head *head,
			   const struct delivery_list *list, bool dry_run)
{
	struct err err = ERR_INIT;
	AUTO(delivery_import) struct delivery_import *w = NULL;
	int r = 1;

	const struct delivery_import_options options = {"test", 5 * US, dry_run};
	must(delivery_import_new(db, head, list, &options, &w, &err), &err);
	while (r == 1)
		must(r = delivery_import_next(w, &err), &err);
	return delivery_import_result(w);
}

static json_t *import(struct db *db, const char *name, const char *rows_text, bool dry_run)
{
	struct delivery_head head = {.name = name, .state = "expected", .gone = "retired"};
	struct delivery_list list = {.rows = json_loads(rows_text, 0, NULL)};

	assert_non_null(list.rows);
	json_t *doc = import_list(db, &head, &list, dry_run);
	delivery_list_done(&list);
	return doc;
}

static json_t *import_csv(struct db *db, const char *name, const char *text, bool dry_run)
{
	struct err err = ERR_INIT;
	struct delivery_head head = {.name = name, .state = "expected", .gone = "retired"};
	struct delivery_list list;

	must(delivery_list_from_csv(text, strlen(text), &list, &err), &err);
	json_t *doc = import_list(db, &head, &list, dry_run);
	delivery_list_done(&list);
	return doc;
}

static void test_delivery_rows_stand_alone(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const char rows[] =
		"[{\"serial\":\"AB\",\"rack\":\"r1\",\"unit\":3},"
		"{\"serial\":\"B1\",\"colour\":\"red\"},{\"macs\":[\"nonsense\"]},7,"
		"{\"serial\":\"To Be Filled By O.E.M.\"},{\"serial\":\"C1\",\"unit\":-1},"
		"{\"serial\":\"D1\",\"macs\":[\"52:54:00:00:00:0d\"]}]";
	autojson json_t *dry = import(db, "d1", rows, true);

	assert_int_equal(number(dry, "refused"), 5);
	assert_int_equal(number(dry, "existing"), 2);
	assert_int_equal(count(db, "SELECT count(*) FROM host"), 0);
	assert_int_equal(count(db, "SELECT count(*) FROM delivery"), 0);
	autojson json_t *doc = import(db, "d1", rows, false);
	assert_int_equal(number(doc, "accepted"), 2);
	assert_int_equal(number(doc, "announced"), 7);
	assert_int_equal(count(db, "SELECT count(*) FROM host WHERE delivery = 'd1'"), 2);
	assert_int_equal(count(db, "SELECT hosts FROM delivery"), 2);
}

static void test_delivery_again_changes_nothing(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const char rows[] =
		"[{\"serial\":\"SN-A\",\"rack\":\"r1\",\"unit\":3},{\"serial\":\"SN-B\"}]";
	autojson json_t *first = import(db, "d1", rows, false);

	assert_int_equal(number(first, "accepted"), 2);
	int64_t revisions = count(db, "SELECT sum(revision) FROM host");
	int64_t events = count(db, "SELECT count(*) FROM event");
	autojson json_t *again = import(db, "d1", rows, false);
	assert_int_equal(number(again, "accepted"), 2);
	assert_int_equal(count(db, "SELECT sum(revision) FROM host"), revisions);
	assert_int_equal(count(db, "SELECT count(*) FROM event"), events);
	assert_int_equal(count(db, "SELECT count(*) FROM delivery_line"), 2);
	autojson json_t *other = import(db, "d2", rows, false);
	assert_int_equal(number(other, "refused"), 2);
}

/* A list that was left half-way, by a crash or a client that went away, is completed by asking
 * again; until then the delivery has the number that was announced. */
static void test_delivery_left_half_way(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	static const char rows[] = "[{\"serial\":\"SN-A\"},{\"serial\":\"SN-B\"},{\"colour\":1},{"
				   "\"serial\":\"SN-C\"}]";
	struct delivery_list list = {.rows = json_loads(rows, 0, NULL)};
	struct delivery_head head = {.name = "d1", .state = "expected"};
	AUTO(delivery_import) struct delivery_import *w = NULL;

	const struct delivery_import_options options = {"test", 5 * US, false};
	must(delivery_import_new(db, &head, &list, &options, &w, &err), &err);
	while (count(db, "SELECT count(*) FROM delivery_line") == 0)
		assert_int_equal(delivery_import_next(w, &err), 1);
	assert_int_equal(count(db, "SELECT count(*) FROM delivery_line"), 1);
	assert_int_equal(count(db, "SELECT hosts FROM delivery"), 4);
	autojson json_t *doc = import(db, "d1", rows, false);
	assert_int_equal(number(doc, "accepted"), 3);
	assert_int_equal(number(doc, "refused"), 1);
	assert_int_equal(count(db, "SELECT count(*) FROM delivery_line"), 3);
	assert_int_equal(count(db, "SELECT hosts FROM delivery"), 3);
	assert_int_equal(count(db, "SELECT count(*) FROM host"), 3);
	delivery_list_done(&list);
}

/* ---- rows that fall on each other ------------------------------------------------------------ */

/* "2:3,4 3:2,4": which lines are refused, each with the lines that its first error names. */
static char *refused_lines(const json_t *doc)
{
	struct str out;
	size_t i, k;
	json_t *row, *line;

	str_init(&out, 4096);
	json_array_foreach (json_object_get(doc, "results"), i, row) {
		const json_t *first = json_array_get(json_object_get(row, "errors"), 0);
		if (number(row, "status") == 200)
			continue;
		str_addf(&out, "%s%lld:", out.n_bytes ? " " : "", number(row, "line"));
		json_array_foreach (json_object_get(first, "lines"), k, line)
			str_addf(&out, "%s%lld", k ? "," : "", (long long)json_integer_value(line));
	}
	return str_take(&out);
}

static const struct twin_case {
	const char *name, *text, *refused;
	int hosts; /* that exist afterwards */
} twin_cases[] = {
	{"field-27: serials that a spreadsheet shortened",
	 "serial,mac,rack,unit\n1.23457E+12,02:00:00:00:00:01,R1,1\n"
	 "1.23457E+12,02:00:00:00:00:02,R1,2\n1.23457E+12,02:00:00:00:00:03,R1,3\n",
	 "2: 3: 4:", 0},
	{"field-28: four nodes with the serial of their chassis",
	 "serial,mac,rack,unit\nTWIN-0001,02:00:00:00:01:01,R1,1\n"
	 "TWIN-0001,02:00:00:00:01:02,R1,1\nTWIN-0001,02:00:00:00:01:03,R1,1\n"
	 "TWIN-0001,02:00:00:00:01:04,R1,1\n",
	 "2:3,4,5 3:2,4,5 4:2,3,5 5:2,3,4", 0},
	{"four nodes of a chassis that has its own column",
	 "mac,chassis,rack,unit\n02:00:00:00:01:01,TWIN-1,R1,1\n02:00:00:00:01:02,TWIN-1,R1,1\n"
	 "02:00:00:00:01:03,TWIN-1,R1,1\n02:00:00:00:01:04,TWIN-1,R1,1\n",
	 "", 4},
	{"one MAC address in two notations, beside a good row",
	 "serial,mac\nS1,02:00:00:00:00:01\nS2,0200.0000.0001\nS3,02:00:00:00:00:03\n", "2:3 3:2",
	 1},
	{"a MAC address that is the BMC's of another row",
	 "serial,mac,bmc_mac\nS1,02:00:00:00:00:01,\nS2,02:00:00:00:00:02,02-00-00-00-00-01\n",
	 "2:3 3:2", 0},
	{"one BMC address", "serial,bmc_mac\nS1,02:00:00:00:00:01\nS2,02:00:00:00:00:01\n",
	 "2:3 3:2", 0},
	{"one serial in capitals and with a blank behind it", "serial\nabc-1\n\"ABC-1 \"\nX1\n",
	 "2:3 3:2", 1},
	{"a serial that lost its zeros", "serial\n0012345\n12345\n", "2:3 3:2", 0},
	{"one asset tag", "serial,asset tag\nS1,T-1\nS2,T-1\nS3,T-3\n", "2:3 3:2", 1},
	{"one UUID in two notations",
	 "serial,uuid\nS1,11111111-2222-3333-4444-555555555555\n"
	 "S2,11111111222233334444555555555555\n",
	 "2:3 3:2", 0},
	{"field-28 one UUID in two byte orders",
	 "serial,uuid\nS1,11223344-5566-7788-99aa-bbccddeeff00\n"
	 "S2,44332211-6655-8877-99AA-BBCCDDEEFF00\n",
	 "2:3 3:2", 0},
	{"field-28 a serial with a dash of a word processor",
	 "serial\nAB-1\nAB\xe2\x80\x93"
	 "1\n",
	 "2:3 3:", 0},
	{"field-28 a serial with blanks",
	 "serial\nAX 345\nAX345\nAX\xc2\xa0"
	 "345\n",
	 "2:3,4 3:2,4 4:", 0},
	{"field-27 a serial that lost its zeros, and one kept by a formula",
	 "serial\n=\"0012345\"\n12345\n", "2:3 3:2", 0},
	{"field-28 one MAC address in Huawei's and HPE's notation",
	 "serial,mac\nS1,0200-0000-0001\nS2,020000-000001\nS3,0x020000000001\n",
	 "2:3,4 3:2,4 4:2,3", 0},
	{"one host name", "serial,hostname\nS1,web1\nS2,WEB1\n", "2:3 3:2", 0},
	{"one rack unit", "serial,rack,unit\nS1,r1,4\nS2,r1,4\nS3,r2,4\n", "2:3 3:2", 1},
	{"the line of the file, behind a cell of two lines",
	 "serial,asset_tag,colour\nS1,T-1,\"a\nb\"\nS2,T-2,c\nS3,T-1,d\n", "2:5 5:2", 1},
	{"a row twice", "serial,mac\nS1,02:00:00:00:00:01\nS1,02:00:00:00:00:01\n", "2:3 3:2", 0},
	{"field-28 placeholders are not values that rows share",
	 "serial,asset_tag,hostname,rack,unit\nS1,TBD,N/A,TBD,-\nS2,TBD,N/A,TBD,-\n", "", 2},
	{"field-28 totals, headings and remarks between rows",
	 "serial,rack\nS1,r1\nSubtotal,1\nSerial Number,Rack\nS2,r1\nTotal: 2,\n", "3: 4: 6:", 2},
	{"field-28 a row that stands for four machines", "serial,qty\nS1,4\nS2,1\n", "2:", 1},
	{"a port twice is a warning", "serial,switch,port\nS1,sw1,1\nS2,sw1,1\n", "", 2},
	{"field-27 a percentage, a cell's name, a true and an address",
	 "serial\n12345600%\n+A1\nWAHR\nsn: A1\nbob@example.net\nA7\n", "2: 3: 4: 5: 6:", 1},
	{"headings of other languages", "Numero di serie,qty\nS1,1.00\n", "", 1},
};

static void test_rows_that_fall_on_each_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(twin_cases); i++) {
		const struct twin_case *c = &twin_cases[i];
		struct store_fixture f;
		store_open(&f);
		autojson json_t *dry = import_csv(f.db, "d1", c->text, true);
		autojson json_t *doc = import_csv(f.db, "d1", c->text, false);
		autofree char *refused = refused_lines(doc), *rehearsed = refused_lines(dry);
		autofree char *text = json_text(doc);
		if (!str_eq(refused, c->refused) || !str_eq(rehearsed, c->refused))
			fail_msg("%s: %s, rehearsed %s\n%s", c->name, refused, rehearsed, text);
		if (number(doc, "accepted") != c->hosts || number(doc, "existing") != c->hosts ||
		    number(dry, "existing") != c->hosts ||
		    number(doc, "announced") != number(doc, "accepted") + number(doc, "refused") ||
		    count(f.db, "SELECT count(*) FROM host") != c->hosts ||
		    count(f.db, "SELECT count(*) FROM delivery_line") != c->hosts ||
		    count(f.db, "SELECT hosts FROM delivery") != c->hosts)
			fail_msg("%s: the counts differ\n%s", c->name, text);
		store_close(&f);
	}
}

/* field-32: a port is one, however it is written. */
static void test_ports_in_other_words(void **state)
{
	static const struct {
		const char *a, *b;
		bool warns;
	} cases[] = {
		{"sw1,Gi1/0/3", "SW1,GigabitEthernet1/0/3", true},
		{"sw1,Eth1/1", "sw1.example.net,Ethernet 1/1", true},
		{"sw1,ge-0/0/3", "sw1,ge-0/0/3.0", true},
		{"sw1,Port 12", "sw1,12", true},
		{"sw1,7", "sw1,07", true},
		{"02:aa:bb:cc:dd:01,1", "02aa.bbcc.dd01,1", true},
		{"sw1,Gi1/0/3", "sw1,Te1/0/3", false},
		{"sw1,Gi1/0/3", "sw1,Gi1/0/13", false},
		{"sw1.a,Gi1/0/3", "sw1.b,Gi1/0/3", false},
		{"sw1,Gi1/0/3", "sw2,Gi1/0/3", false},
		{"sw1,swp1", "sw1,swp1s0", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct store_fixture f;
		store_open(&f);
		autofree char *text = xasprintf("serial,switch,port\nS1,%s\nS2,%s\n", cases[i].a,
						cases[i].b);
		autojson json_t *doc = import_csv(f.db, "d1", text, true);
		autofree char *found = json_text(doc);
		if (number(doc, "accepted") != 2 ||
		    (strstr(found, "is also on line") != NULL) != cases[i].warns)
			fail_msg("%s, %s: %s", cases[i].a, cases[i].b, found);
		store_close(&f);
	}
}

/* Columns of fields that people defined: typed, checked with all else of the row, named as changes. */
static void test_custom_columns(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const char list[] =
		"serial,custom.owner,Custom.Price,custom.tags,custom.warranty_end\n"
		"S1,net,1200,a; b,2029-11-30\nS2,,12.5,,30.11.2029\nS3,,,,\n";
	autojson json_t *doc = import_csv(db, "d1", list, false);
	autofree char *text = json_text(doc), *refused = refused_lines(doc);

	if (number(doc, "accepted") != 2 || !str_eq(refused, "3:") ||
	    !strstr(text, "\"pointer\":\"/custom/price\"") ||
	    !strstr(text, "\"pointer\":\"/custom/warranty_end\""))
		fail_msg("%s", text);
	assert_int_equal(count(db, "SELECT count(*) FROM custom_value WHERE object = 'hosts'"), 5);
	assert_int_equal(count(db, "SELECT number FROM custom_value WHERE name = 'price'"), 1200);
	autojson json_t *again = import_csv(db, "d1", "serial,custom.owner\nS1,sys\nS3,\n", false);
	autofree char *changes = json_text(
		json_object_get(json_array_get(json_object_get(again, "results"), 0), "changes"));
	assert_string_equal(changes, "{\"custom.owner\":[\"net\",\"sys\"]}");
	autojson json_t *unknown = import_csv(db, "d1", "serial,custom.colour\nS4,red\n", false);
	autofree char *why = json_text(unknown);
	if (number(unknown, "accepted") != 0 || !strstr(why, "have no field 'colour'"))
		fail_msg("%s", why);
}

/* ---- what one row alone shows ---------------------------------------------------------------- */

static void test_values_that_are_refused(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;

	static const struct {
		const char *member, *value;
		const char *code; /* NULL: accepted */
	} cases[] = {
		{"serial", "1,23E+12", "input.spreadsheet"},
		{"serial", "1E+12", "input.spreadsheet"},
		{"serial", "9.87654e+15", "input.spreadsheet"},
		{"serial", "1.5E12", "input.spreadsheet"},
		{"serial", "1E12", NULL},
		{"serial", "12D-34", NULL},
		{"serial", "1.23457D+12", "input.spreadsheet"},
		{"serial", "1.23457x10^12", "input.spreadsheet"},
		{"serial", "12X1034", NULL},
		{"serial", "12-03-26", "input.spreadsheet"},
		{"serial", "03/26", "input.spreadsheet"},
		{"serial", "45678", NULL}, /* a date's number cannot be told from a serial */
		{"serial", "`0012", "input.spreadsheet"},
		{"serial", "Total: 12", "input.invalid"},
		{"serial", "Grand Total", "input.invalid"},
		{"serial", "TOTAL12", NULL},
		{"serial", "# end", "input.invalid"},
		{"serial", "-- end of list --", "input.invalid"},
		{"serial", "MAC Address", "input.invalid"},
		{"serial", "S1; S2", "input.invalid"},
		{"serial", "7FV0001 7FV0002", "input.invalid"},
		{"serial", "7FV0001/7FV0002", "input.invalid"},
		{"serial", "7FV0001-7FV0020", "input.invalid"},
		{"serial", "7FV0001 to 7FV0020", "input.invalid"},
		{"serial", "7FV0001 & 7FV0002", "input.invalid"},
		{"serial", "VMware-42 10 aa bb", NULL},
		{"serial", "CN-747513-A1B2C3", NULL},
		{"serial", "123456-654321", NULL},
		{"serial", "Printed on 2026-11-30", "input.invalid"},
		{"serial", "Signed: J. Doe", "input.invalid"},
		{"serial", "back order", "input.invalid"},
		{"serial", "cancelled", "input.invalid"},
		{"serial", "7FV0001 (replaced)", "input.invalid"},
		{"serial", "Serial: 7FV0001", "input.invalid"},
		{"serial", "b0:26:28:aa:bb:01", "input.invalid"},
		{"serial", "B026.28AA.BB01", "input.invalid"},
		{"serial", "b02628aabb01", NULL},
		{"serial", "*7FV0001*", "input.invalid"},
		{"serial", "BCDFGHJ", NULL},
		{"serial", "4c4c4544-0046-3510-8056-b7c04f583201", NULL},
		{"chassis", "Chassis 1", NULL},
		{"serial", "2 pcs", "input.invalid"},
		{"serial", "TRUE", "input.invalid"},
		{"serial", "\xe2\x88\x9e", "input.invalid"},
		{"serial",
		 "S\xd0\x9e"
		 "1",
		 "input.invalid"}, /* a Cyrillic letter */
		{"serial", "AB\u20131", "input.invalid"},
		{"serial", "AB\u00a01", "input.invalid"},
		{"serial", "\u201cAB1\u201d", "input.spreadsheet"},
		{"serial", "\u201eAB1\u201c", "input.spreadsheet"},
		{"serial", "\u00abAB1\u00bb", "input.spreadsheet"},
		{"serial", "\"AB1\"", "input.spreadsheet"},
		{"serial", "'AB1'", "input.spreadsheet"},
		{"serial", "AB\"1", NULL},
		{"serial", "1\u2009234\u2009567", "input.spreadsheet"},
		{"serial", "$1234", "input.spreadsheet"},
		{"serial", "1.234,00 \u20ac", "input.spreadsheet"},
		{"serial", "A$1234", NULL},
		{"serial", "\u202f\u2003SN-78\u3000", NULL},
		{"asset_tag", "\u201cT1\u201d", "input.spreadsheet"},
		{"rack", "\u201cR1\u201d", "input.spreadsheet"},
		{"serial", "nan", NULL},
		{"serial", "to be determined", NULL},
		{"asset_tag", "TBD", NULL},
		{"uuid", "N/A", NULL},
		{"rack", "1.00E+05", "input.spreadsheet"},
		{"rack", "2E-14", NULL},
		{"rack", "'12", "input.spreadsheet"},
		{"unit", "U12", NULL},
		{"unit", "ru 12", NULL},
		{"unit", "12.0", NULL},
		{"unit", "12-13", NULL},
		{"unit", "U12/U13", NULL},
		{"unit", "-", NULL},
		{"unit", "15U", "input.field.type"}, /* its place, or its height */
		{"unit", "12-2026", "input.field.type"},
		{"unit", "12.5", "input.field.type"},
		{"quantity", "1", NULL},
		{"quantity", "4", "input.field.range"},
		{"serial", "######", "input.spreadsheet"},
		{"serial", "#N/A", "input.spreadsheet"},
		{"serial", "#REF!", "input.spreadsheet"},
		{"serial", "#NAME?", "input.spreadsheet"},
		{"serial", "#NV", "input.spreadsheet"},
		{"serial", "#12-A", NULL},
		{"serial", "12345.0", "input.spreadsheet"},
		{"serial", "1,234,567", "input.spreadsheet"},
		{"serial", "123456789012345000000", "input.spreadsheet"},
		{"serial", "123456789012345678", NULL},
		{"serial", "2024-03-12", "input.spreadsheet"},
		{"serial", "12/03/2024", "input.spreadsheet"},
		{"serial", "12.03.2024", "input.spreadsheet"},
		{"serial", "Mar-24", "input.spreadsheet"},
		{"serial", "3-Dec", "input.spreadsheet"},
		{"serial", "01. Dez", "input.spreadsheet"},
		{"serial", "DEC-24", NULL},
		{"serial", "SN-2024-03", NULL},
		{"serial", "12-mar", "input.spreadsheet"},
		{"serial", "2026/03/12", "input.spreadsheet"},
		{"serial", "2026-03-12 00:00", "input.spreadsheet"},
		{"serial", "3/12/2026 12:00:00 AM", "input.spreadsheet"},
		{"serial", "Mar 12, 2026", "input.spreadsheet"},
		{"serial", "Thursday, March 12, 2026", "input.spreadsheet"},
		{"serial", "12:30", "input.spreadsheet"},
		{"serial", "1.23457 E+12", "input.spreadsheet"},
		{"serial", "1.234.567", "input.spreadsheet"},
		{"serial", "12.345,00", "input.spreadsheet"},
		{"serial", "12,345.00", "input.spreadsheet"},
		{"serial",
		 "1\xc2\xa0"
		 "234\xc2\xa0"
		 "567",
		 "input.spreadsheet"},
		{"serial", "12345,5", "input.spreadsheet"},
		{"serial", "'0012", "input.spreadsheet"},
		{"serial", "=0012", "input.spreadsheet"},
		{"serial", "=HYPERLINK(\"http://a/0123456789012345678901234567890123456789\")",
		 "input.spreadsheet"},
		{"serial", "@SUM(1)", "input.spreadsheet"},
		{"serial", "=A$1", "input.spreadsheet"},
		{"serial", "=cmd|A1", NULL}, /* exports make it harmless */
		{"serial", "1.2.3", NULL},
		{"serial", "A=B", NULL},
		{"name", "10.100.100.100", NULL},
		{"name", "=SUM(A1:A9)", "input.spreadsheet"},
		{"bmc_mac", "N/A", NULL},
		{"bmc_mac", "525400-000001", NULL},
		{"bmc_mac", "x", "input.invalid"},
		{"bmc_mac", "ff:ff:ff:ff:ff:ff", "input.invalid"},
		{"serial", "A\tB", "input.invalid"},
		{"serial", "A\x1b[31mB", "input.invalid"},
		{"serial",
		 "A\xe2\x80\x8b"
		 "B",
		 "input.invalid"},
		{"serial", "\xc2\xa0SN-77\xc2\xa0 ", NULL},
		{"asset_tag", "1.23457E+12", "input.spreadsheet"},
		{"asset_tag", "#VALUE!", "input.spreadsheet"},
		{"bmc_mac", "5.254E+11", "input.spreadsheet"},
		{"bmc_mac", "25400000001", "input.invalid"},
		{"uuid", "no uuid", "input.invalid"},
		{"uuid", "00000000-0000-0000-0000-000000000000", "input.invalid"},
		{"port", "1-Jan", "input.spreadsheet"},
		{"port", "1/1/3", NULL},
		{"rack", "#REF!", "input.spreadsheet"},
		{"name", "#N/A", "input.spreadsheet"},
		{"unit", "three", "input.field.type"},
		{"colour", "red", "input.field.unknown"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autofree char *mac = xasprintf("02:00:00:00:01:%02zx", i);
		struct delivery_list list = {.rows = json_pack("[{s:[s], s:s}]", "macs", mac,
							       cases[i].member, cases[i].value)};
		struct delivery_head head = {.name = "d1", .state = "expected"};
		autojson json_t *doc = import_list(db, &head, &list, true);
		const json_t *row = json_array_get(json_object_get(doc, "results"), 0);
		autofree char *text = json_text(row), *pointer = xasprintf("/%s", cases[i].member);
		if (!str_eq(json_string_value(json_object_get(row, "code")), cases[i].code) ||
		    (cases[i].code &&
		     !str_eq(json_string_value(json_object_get(row, "pointer")), pointer)))
			fail_msg("%s '%s': %s", cases[i].member, cases[i].value, text);
		delivery_list_done(&list);
	}
}

/* Two units are counted by the lowest, and a merged cell is in its first row alone. */
static void test_field_27_places_are_read(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	autojson json_t *doc = import_csv(
		db, "d1", "serial,rack,unit\nS1,r1,U4\nS2,r1,07-06\nS3,,9\nS4,r1,10.0\n", false);
	const json_t *results = json_object_get(doc, "results");

	assert_int_equal(number(doc, "accepted"), 4);
	assert_int_equal(count(db, "SELECT rack_unit FROM host WHERE serial = 'S1'"), 4);
	assert_int_equal(count(db, "SELECT rack_unit FROM host WHERE serial = 'S2'"), 6);
	assert_int_equal(count(db, "SELECT rack_unit FROM host WHERE serial = 'S4'"), 10);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			json_array_size(json_object_get(json_array_get(results, i), "warnings")),
			i == 1 || i == 2);
}

static void test_a_row_has_all_its_errors(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	autojson json_t *doc = import(
		db, "d1",
		"[{\"serial\":\"1.2E+9\",\"macs\":[\"x\",\"y\"],\"unit\":1001,"
		"\"colour\":1}]",
		false);
	const json_t *row = json_array_get(json_object_get(doc, "results"), 0);

	assert_int_equal(json_array_size(json_object_get(row, "errors")), 5);
	assert_int_equal(count(db, "SELECT count(*) FROM host"), 0);
}

/* ---- rows and hosts that exist --------------------------------------------------------------- */

static void see_host(struct db *db, const char *serial, const char *mac, const char *name,
		     const char *state)
{
	struct err err = ERR_INIT;
	const char *macs[] = {mac};
	struct host_evidence e = {.macs = macs, .n_macs = 1, .system_serial = serial};
	struct host_birth birth = {.state = state};
	struct identity who;

	must(identity_resolve(db, &e, &birth, US, &who, &err), &err);
	must(db_exec(db, &err,
		     "UPDATE host SET name = $2, asset_tag = $2, rack = 'r9', rack_unit = $1 WHERE "
		     "num = $1",
		     p_int(who.host_num), p_text(name)),
	     &err);
}

static void test_rows_and_hosts_that_exist(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;

	see_host(db, "SEEN-1", "02:00:00:00:00:01", "web1", "ready");
	see_host(db, "SEEN-2", "02:00:00:00:00:02", "web2", "ready");
	see_host(db, "00787", "02:00:00:00:00:03", "web3", "ready");
	see_host(db, "GONE-1", "02:00:00:00:00:04", "old", "retired");
	autojson json_t *other = import(db, "d0",
					"[{\"serial\":\"OTHER-1\",\"macs\":[\"02:00:00:00:00:11\"],"
					"\"bmc_mac\":\"02:00:00:00:00:12\",\"asset_tag\":\"T-1\"}]",
					false);
	assert_int_equal(number(other, "accepted"), 1);
	static const struct {
		const char *name, *row, *action, *code;
	} cases[] = {
		{"a host that came before its list",
		 "{\"serial\":\"SEEN-1\",\"macs\":[\"02:00:00:00:00:01\"]}", "linked", NULL},
		{"its serial, another MAC address",
		 "{\"serial\":\"SEEN-1\",\"macs\":[\"02:00:00:00:00:77\"]}", "refused",
		 "delivery.taken"},
		{"its MAC address, another serial",
		 "{\"serial\":\"NEW-1\",\"macs\":[\"02:00:00:00:00:01\"]}", "refused",
		 "delivery.taken"},
		{"two hosts in one row", "{\"serial\":\"SEEN-1\",\"macs\":[\"02:00:00:00:00:02\"]}",
		 "refused", "delivery.taken"},
		{"zeros were lost", "{\"serial\":\"787\"}", "refused", "delivery.taken"},
		{"capitals were lost", "{\"serial\":\"seen-2\"}", "refused", "delivery.taken"},
		{"serial of another delivery", "{\"serial\":\"OTHER-1\"}", "refused",
		 "delivery.taken"},
		{"MAC address of another delivery",
		 "{\"serial\":\"N-1\",\"macs\":[\"02-00-00-00-00-11\"]}", "refused",
		 "delivery.taken"},
		{"BMC of another delivery",
		 "{\"serial\":\"N-1\",\"bmc_mac\":\"02:00:00:00:00:12\"}", "refused",
		 "delivery.taken"},
		{"MAC address of another delivery's BMC",
		 "{\"serial\":\"N-1\",\"macs\":[\"02:00:00:00:00:12\"]}", "refused",
		 "delivery.taken"},
		{"asset tag of another delivery", "{\"serial\":\"N-1\",\"asset_tag\":\"T-1\"}",
		 "refused", "delivery.taken"},
		{"name of a host", "{\"serial\":\"N-1\",\"name\":\"web2\"}", "refused",
		 "delivery.taken"},
		{"rack unit of a host", "{\"serial\":\"N-1\",\"rack\":\"r9\",\"unit\":UNIT}",
		 "refused", "delivery.taken"},
		{"name of a host that is gone", "{\"serial\":\"N-1\",\"name\":\"old\"}", "new",
		 NULL},
		{"nothing in common", "{\"serial\":\"N-1\",\"asset_tag\":\"T-2\"}", "new", NULL},
	};
	long long unit = (long long)count(db, "SELECT rack_unit FROM host WHERE name = 'web2'");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *mark = strstr(cases[i].row, "UNIT");
		autofree char *rows = mark ? xasprintf("[%.*s%lld}]", (int)(mark - cases[i].row),
						       cases[i].row, unit)
					   : xasprintf("[%s]", cases[i].row);
		autojson json_t *doc = import(db, "d1", rows, true);
		const json_t *row = json_array_get(json_object_get(doc, "results"), 0);
		autofree char *text = json_text(row);
		if (!str_eq(json_string_value(json_object_get(row, "action")), cases[i].action) ||
		    !str_eq(json_string_value(json_object_get(row, "code")), cases[i].code))
			fail_msg("%s: %s", cases[i].name, text);
	}
}

/* ---- imports again --------------------------------------------------------------------------- */

static void check_action(const json_t *doc, size_t i, const char *action, const char *changes)
{
	const json_t *row = json_array_get(json_object_get(doc, "results"), i);
	autofree char *text = json_text(row);
	const json_t *c = json_object_get(row, "changes");
	autofree char *found = c ? json_text(c) : NULL;

	if (!str_eq(json_string_value(json_object_get(row, "action")), action) ||
	    !str_eq(found, changes))
		fail_msg("row %zu: %s", i, text);
}

static void test_what_another_import_changes_is_told(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const char first[] =
		"serial,mac,rack,unit,switch\nS1,02:00:00:00:00:01,r1,1,a\nS2,,r1,2,a\nS3,,r1,3,a\n";
	static const char swapped[] = "serial,mac,rack,unit,switch\nS1,02:00:00:00:00:09,r1,2,a\n"
				      "S2,,r1,1,b\nS3,,r1,3,a\n";
	autojson json_t *a = import_csv(db, "d1", first, false);

	check_action(a, 0, "new", NULL);
	autojson json_t *b = import_csv(db, "d1", swapped, false);
	check_action(b, 0, "changed",
		     "{\"macs\":[[\"02:00:00:00:00:01\"],[\"02:00:00:00:00:09\"]],\"unit\":[1,2]}");
	check_action(b, 1, "changed", "{\"switch\":[\"a\",\"b\"],\"unit\":[2,1]}");
	check_action(b, 2, "unchanged", NULL);
	assert_int_equal(
		count(db, "SELECT count(*) FROM host WHERE serial = 'S1' AND rack_unit = 2"), 1);
	assert_int_equal(count(db, "SELECT count(*) FROM evidence WHERE kind = 'mac' AND value = "
				   "'02:00:00:00:00:09'"),
			 1);
	assert_int_equal(count(db, "SELECT count(*) FROM evidence WHERE kind = 'mac'"), 1);
	/* a place whose owner stays is not free */
	autojson json_t *c = import_csv(db, "d1", "serial,rack,unit\nS1,r1,3\n", false);
	check_action(c, 0, "refused", NULL);
	assert_int_equal(number(c, "existing"), 3);
	assert_int_equal(number(c, "not_in_list"), 2);
}

/* A second file of the same delivery adds to it, whatever its line numbers. */
static void test_a_delivery_in_two_files(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	autojson json_t *a = import_csv(db, "d1", "serial\nS1\nS2\n", false);
	autojson json_t *b = import_csv(db, "d1", "serial\nS3\n", false);

	assert_int_equal(number(a, "existing"), 2);
	assert_int_equal(number(b, "accepted"), 1);
	assert_int_equal(number(b, "existing"), 3);
	assert_int_equal(number(b, "not_in_list"), 2);
	assert_int_equal(count(db, "SELECT count(*) FROM delivery_line"), 3);
	assert_int_equal(count(db, "SELECT hosts FROM delivery"), 3);
}

static void test_another_due_date_is_taken(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct delivery_list list = {.rows = json_loads("[{\"serial\":\"S1\"}]", 0, NULL)};
	struct delivery_head head = {
		.name = "d1", .state = "expected", .vendor = "V", .due_us = 10 * US};
	autojson json_t *a = import_list(db, &head, &list, false);

	assert_int_equal(json_object_size(json_object_get(a, "changed")), 0);
	head.due_us = 20 * US;
	head.vendor = NULL; /* not given: stays */
	head.note = "late";
	autojson json_t *dry = import_list(db, &head, &list, true);
	assert_int_equal(count(db, "SELECT due_us FROM delivery"), 10 * US);
	autojson json_t *b = import_list(db, &head, &list, false);
	assert_true(json_equal(json_object_get(dry, "changed"), json_object_get(b, "changed")));
	autofree char *text = json_text(json_object_get(b, "changed"));
	assert_string_equal(text, "{\"due\":[\"1970-01-01T00:00:10Z\",\"1970-01-01T00:00:20Z\"],"
				  "\"note\":[null,\"late\"]}");
	assert_int_equal(count(db, "SELECT due_us FROM delivery WHERE vendor = 'V'"), 20 * US);
	assert_int_equal(count(db, "SELECT count(*) FROM event WHERE kind = 'delivery.changed'"),
			 1);
	autojson json_t *c = import_list(db, &head, &list, false);
	assert_int_equal(json_object_size(json_object_get(c, "changed")), 0);
	delivery_list_done(&list);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_csv_long_values),
		cmocka_unit_test(test_csv_rows_have_their_lines),
		T(test_delivery_rows_stand_alone),
		T(test_delivery_again_changes_nothing),
		T(test_delivery_left_half_way),
		cmocka_unit_test(test_rows_that_fall_on_each_other),
		cmocka_unit_test(test_ports_in_other_words),
		T(test_custom_columns),
		T(test_values_that_are_refused),
		T(test_field_27_places_are_read),
		T(test_a_row_has_all_its_errors),
		T(test_rows_and_hosts_that_exist),
		T(test_what_another_import_changes_is_told),
		T(test_a_delivery_in_two_files),
		T(test_another_due_date_is_taken),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
