/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shapes of answers. Notation: s text, t time, i whole number, n number, b true or false, o an
 * object with members of its own kind, a anything, #x the schema of collection x, [X] a list, <X>
 * an object whose members are all X, {name:X,name~:X} an object (~: the member may be missing), X?
 * or null, X|Y one of both. tests/flow/api_contract.sh compares them with real answers. Input: our
 * own table.
 */
#include "openapi_answer.h"

#include <string.h>

#include <base/cleanup.h>
#include <base/str.h>

#define FINDING "{code:s,detail:s,pointer~:s,lines~:[i]}"
#define ORDER   "{order:{id:s,state:s,second_person:[s],plan_hash:s,expires:t}}"
#define DRY     "{dry_run:b,plan_hash:s,second_person:[s]}"
#define ARM                                                                                        \
	"{disk:{wwn:s,serial:s,size_bytes:i},wipe_consent:s,who:s,expires:i,image~:{digest:s,"     \
	"line:s,version:s},dry_run~:b,arm_id~:s,host_id~:s,plan_hash~:s,second_person~:[s]}"
#define ARMS    "{arms:[" ARM "],plan_hash~:s,second_person~:[s]}"
#define STATE   "{id:s,short_code:s,state:s,state_detail:s,turn:s,revision:i}"
#define DECIDED "{order:{id:s,state:s,decided_owner:s}}"
#define IMAGE                                                                                      \
	"{type:s,format:i,line:s,version:s,arch:s,seq:i,created:i,min_disk:i,firmware:[s],"        \
	"partitions:[o],payloads:[o],sector~:i,digest:s}"
#define PROFILE                                                                                    \
	"{name:s,priority~:i,match:o,enrol~:b,auto_approve~:b,burnin~:o,image~:o?,disk~:o?,wipe~:" \
	"s,host~:o}"
#define CHANNEL                                                                                    \
	"{type:s,seq:i,issued:i,expires:i,expired:b,document:{payload:s,payload_type:s,"           \
	"signatures:[{keyid:s,sig:s}]}}"
#define ME        "{name:s,owner:s,role:s,scopes:[s]}"
#define QUANTILES "{n:i,p10:n,p50:n,p90:n}"
#define PIPELINE                                                                                   \
	"{as_of:t,hosts:i,ready:i,stages:[{state:s,hosts:i,took_s~:" QUANTILES "}],delivery~:s,"   \
	"time_to_ready_s~:" QUANTILES ",forecast:{known:b,hosts:i,history:i,not_covered:<i>,"      \
	"why~:s,ready_at~:t,band_50~:[t],band_90~:[t],rounds~:i,seed~:i}}"
#define RANKING "[{name:s,hosts:i,faults:i,parts~:i}]"
#define BURN_REPORT                                                                                     \
	"{type:s,at:t,host~:s,delivery~:s,truncated:b,counts:{hosts:i,passed:i,failed:i,"               \
	"incomplete:i,not_tested:i,open_faults:i},hosts:[{short_code:s,name~:s,serial~:s,sku~:s,"       \
	"state:s,tier~:s,result~:s,why~:s,started~:t,ended~:t,open_faults:i}],failures:{codes:" RANKING \
	",part_numbers:" RANKING ",lots:" RANKING ",firmware:" RANKING "},faults:[{host:s,"             \
	"state:s,code:s,part~:s,part_number~:s,serial~:s,firmware~:s,slot~:s,certainty~:s,"             \
	"action~:s,detail~:s,rma~:s,opened:t,closed~:t}],warnings:[{host:s,at:t,summary~:s}]}"
#define RELIABILITY                                                                                 \
	"{failures:i,repaired:i,tested:i,months:n,per_1000_months~:n,low~:n,high~:n,mtbf_hours~:n," \
	"mttr_hours~:n,dead_on_arrival~:i,first_pass_yield~:n}"
#define PART_AT "{type:s,slot:s,fru_id:s}"
#define HOOK                                                                                       \
	"{id:i,name:s,url:s,kinds:[s],max_tries:i,last_event:i,delivered:i,dead:i,tries:i,"        \
	"next~:t,last_error~:s,created~:t}"
#define FIELD "{object:s,name:s,type:s,unit:s,about:s,choices:[s]}"
#define SKU   "{name:s,version:i,contents:o}"

static const struct {
	const char *method, *pattern, *shape;
} answers[] = {
	{"GET", "/healthz", "{status:s,version:s,stopped:b}"},
	{"GET", "/metrics", "s"},
	{"GET", "/api/v1/openapi.json", "{openapi:s,info:o,servers:[o],paths:<o>,components:<o>}"},
	{"GET", "/api/v1/lifecycle",
	 "{items:[{state:s,title:s,meaning:s,titles:{server:s,technician:s,operator:s}}]}"},
	{"GET", "/api/v1/errors", "{items:[{code:s,class:s,meaning:s,hint:s}]}"},
	{"GET", "/api/v1/errors/{code}", "{code:s,class:s,meaning:s,hint:s}"},
	{"GET", "/api/v1/archives",
	 "{items:[{id:i,kind:s,table:s,file:s,sha256:s,bytes:i,rows:i,before:t,made:t}]}"},
	{"GET", "/api/v1/archives/{id}/check", "{file:s,whole:b,rows:i,sha256:s,finding:s}"},
	{"POST", "/api/v1/stop-all", "{stopped:b}"},
	{"DELETE", "/api/v1/stop-all", "{stopped:b}"},
	/* hosts */
	{"GET", "/api/v1/hosts/{id}", "#hosts"},
	{"PATCH", "/api/v1/hosts/{id}", "#hosts"},
	{"POST", "/api/v1/hosts/{id}/accept", "#hosts"},
	{"POST", "/api/v1/hosts/{id}/approve", STATE},
	{"POST", "/api/v1/hosts/{id}/retry", STATE},
	{"POST", "/api/v1/hosts/{id}/serve", STATE},
	{"POST", "/api/v1/hosts/{id}/maintain", STATE},
	{"POST", "/api/v1/hosts/{id}/release", "#hosts|" ORDER "|" DRY},
	{"POST", "/api/v1/hosts/{id}/retire", "#hosts|" ORDER "|" DRY},
	{"POST", "/api/v1/hosts/{id}/merge", "#hosts|" ORDER "|" DRY},
	{"POST", "/api/v1/hosts/{id}/split", "#hosts|" ORDER "|" DRY},
	{"POST", "/api/v1/hosts/{id}/arm", ARM "|" ORDER},
	{"POST", "/api/v1/hosts/{id}/erase", ARM "|" ORDER},
	{"POST", "/api/v1/hosts/arm", ARMS "|" ORDER},
	{"POST", "/api/v1/hosts/bulk",
	 "{results:[{index:i,status:i,code~:s,detail~:s,pointer~:s,host_id~:s,changed~:b}],dry_run:"
	 "b}"},
	{"POST", "/api/v1/hosts/search",
	 "{items:[{value:s,id~:s,short_code~:s,state~:s,serial~:s,name~:s}],unmatched:[a],"
	 "ambiguous:[a]}"},
	{"GET", "/api/v1/hosts/{id}/facts", "o"},
	{"GET", "/api/v1/hosts/{id}/evidence",
	 "{items:[{kind:s,value:s,first:t,last:t,shared:b}],pending:[o]?}"},
	{"GET", "/api/v1/hosts/{id}/compare",
	 "{sku:s?,status:s,differences:[{what:s,type:s,slot~:s,field~:s,expected~:a,found~:a}]}"},
	{"POST", "/api/v1/hosts/{id}/learn-sku", SKU},
	/* orders */
	{"POST", "/api/v1/orders/{id}/approve", "#hosts|" ARMS "|" DECIDED},
	{"POST", "/api/v1/orders/{id}/refuse", DECIDED},
	/* what people enter */
	{"POST", "/api/v1/skus", SKU},
	{"POST", "/api/v1/locations", "{id:i}"},
	{"PATCH", "/api/v1/locations/{id}", "#locations"},
	{"PATCH", "/api/v1/deliveries/{id}", "#deliveries"},
	{"PATCH", "/api/v1/skus/{id}", "#skus"},
	{"POST", "/api/v1/parts", "#parts"},
	{"PATCH", "/api/v1/parts/{id}", "#parts"},
	{"GET", "/api/v1/fields", "{items:[" FIELD "]}"},
	{"POST", "/api/v1/fields", FIELD},
	{"GET", "/api/v1/space",
	 "{items:[{site:s,row~:s,rack~:s,units:i,units_used:i,units_left~:i,watts~:i,watts_used:i,"
	 "watts_left~:i,hosts:i,hosts_without_height:i,hosts_without_watts:i}]}"},
	{"PATCH", "/api/v1/faults/{id}", "#faults"},
	{"POST", "/api/v1/hosts/{id}/faults", "#faults"},
	{"POST", "/api/v1/faults/{id}/close", "{id:s,state:s}"},
	{"POST", "/api/v1/deliveries",
	 "{delivery:s,announced:i,accepted:i,refused:i,existing:i,not_in_list:i,dry_run:b,changed:o,"
	 "results:[{line:i,status:i,action:s,host_id~:s,changes~:o,warnings~:[" FINDING
	 "],errors~:[" FINDING
	 "],code~:s,detail~:s,pointer~:s}],read_as~:{encoding:s,delimiter:s,heading_line:i,"
	 "columns:<s>,ignored_columns:[s]}}"},
	/* questions */
	{"GET", "/api/v1/changes", "{items:[#events],next:i}"},
	{"GET", "/api/v1/deliveries/{id}/pipeline", PIPELINE},
	{"GET", "/api/v1/pipeline", PIPELINE},
	{"GET", "/api/v1/deliveries/{id}/burnin-report", BURN_REPORT},
	{"GET", "/api/v1/deliveries/{id}/burnin-report.html", "s"},
	{"GET", "/api/v1/hosts/{id}/burnin-report", BURN_REPORT},
	{"GET", "/api/v1/hosts/{id}/burnin-report.html", "s"},
	{"GET", "/api/v1/summary",
	 "{items:[{count:i,sum~:<n>,reliability~:" RELIABILITY "}],total:{count:i,sum:<n>,"
	 "reliability~:" RELIABILITY "},capacity~:{delivered:i,healthy:i,reserved:i,active:i}}"},
	{"GET", "/api/v1/diff",
	 "{from:t,to:t,next:i?,items:[{host:s,host_id:s,change:s,fields:<[a]>,parts_added:[" PART_AT
	 "],parts_removed:[" PART_AT "]}]}"},
	{"GET", "/api/v1/export.ndjson", "s"},
	{"GET", "/api/v1/export.csv", "s"},
	{"GET", "/api/v1/export-netbox.csv", "s"},
	{"GET", "/api/v1/runs/{id}/ocp.jsonl", "s"},
	{"GET", "/api/v1/runs/{id}/signatures", "{items:[{key_sha256:s,at:t,envelope:o}]}"},
	/* images, profiles */
	{"GET", "/api/v1/images", "{images:[" IMAGE "]}"},
	{"POST", "/api/v1/images", IMAGE},
	{"GET", "/api/v1/images/{name}", IMAGE},
	{"GET", "/api/v1/uploads/{id}", "{id:s,bytes:i}"},
	{"PUT", "/api/v1/uploads/{id}", "{id:s,bytes:i}"},
	{"GET", "/api/v1/channel", CHANNEL},
	{"POST", "/api/v1/channel", CHANNEL},
	{"GET", "/api/v1/profiles", "{profiles:[" PROFILE "]}"},
	{"GET", "/api/v1/profiles/{name}", PROFILE},
	{"POST", "/api/v1/profiles",
	 PROFILE "|" ORDER "|{dry_run:b,plan_hash:s,host_count:i,second_person:[s]}"},
	{"POST", "/api/v1/profiles/check",
	 "{problems:[{pointer:s,code:s,detail:s,hint:s}],warnings:[s],fits~:i,hosts~:i,"
	 "fitting~:[{host:s,serial:s,manufacturer:s,model:s}]}"},
	/* administration */
	{"GET", "/api/v1/audit",
	 "{items:[{id:i,at:t,who:s,peer:s,method:s,path:s,status:i,reason:s,previous:s,hash:s}],"
	 "next:i}"},
	{"GET", "/api/v1/audit/check", "{whole:b,rows:i,finding:s,checkpoints:i,signed_rows:i}"},
	{"POST", "/api/v1/audit/checkpoints", "{rows:i,last_id:i,hash:s,at:t,envelope:o}"},
	{"POST", "/api/v1/backups", "{path:s}"},
	{"GET", "/api/v1/tokens",
	 "{items:[{id:i,name:s,owner:s,scopes:[s],created_by:s,created~:t?,expires~:t?,last_used~:"
	 "t?,revoked~:t?}]}"},
	{"GET", "/api/v1/me", ME},
	{"POST", "/api/v1/sign-in", ME},
	{"GET", "/api/v1/users",
	 "{items:[{name:s,role:s,created_by:s,password:b,created~:t?,signed_in~:t?,disabled~:t?}]}"},
	{"POST", "/api/v1/users", "{name:s,role:s}"},
	{"PATCH", "/api/v1/users/{name}", "{name:s,role:s}"},
	{"POST", "/api/v1/users/{name}/links", "{name:s,url:s,expires:t}"},
	{"POST", "/api/v1/tokens", "{id:i,name:s,owner:s,token:s,scopes:s,expires:t}"},
	{"GET", "/api/v1/webhooks", "{items:[" HOOK "]}"},
	{"POST", "/api/v1/webhooks", HOOK},
	{"GET", "/api/v1/webhooks/{id}", HOOK},
	{"GET", "/api/v1/webhooks/{id}/deliveries",
	 "{items:[{event:i,try:i,status:i,took_ms:i,result:s,at:t}],dead:[{event:i,why:s,again:b,"
	 "at:t}]}"},
	{"POST", "/api/v1/webhooks/{id}/redeliver", "{again:i}"},
};

static json_t *shape(const char **p);

static json_t *typed(const char *type, const char *format)
{
	json_t *j = json_pack("{s:s}", "type", type);

	if (format)
		(void)json_object_set_new(j, "format", json_string(format));
	return j;
}

static void expect(const char **p, char c)
{
	BUG_ON(**p != c);
	(*p)++;
}

/* "{" is read. */
static json_t *object_shape(const char **p)
{
	json_t *properties = json_object(), *needed = json_array();

	while (**p != '}') {
		size_t n = strspn(*p, "abcdefghijklmnopqrstuvwxyz_0123456789");
		autofree char *name = xstrndup(*p, n);
		BUG_ON(n == 0);
		*p += n;
		if (**p == '~')
			(*p)++;
		else
			(void)json_array_append_new(needed, json_string(name));
		expect(p, ':');
		(void)json_object_set_new(properties, name, shape(p));
		*p += **p == ',';
	}
	(*p)++;
	return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required",
			 needed);
}

static json_t *reference(const char **p)
{
	size_t n = strspn(*p, "abcdefghijklmnopqrstuvwxyz_");
	autofree char *text = xasprintf("#/components/schemas/%.*s", (int)n, *p);

	*p += n;
	return json_pack("{s:s}", "$ref", text);
}

static json_t *list_shape(const char **p)
{
	json_t *j = json_pack("{s:s, s:o}", "type", "array", "items", shape(p));

	expect(p, ']');
	return j;
}

static json_t *map_shape(const char **p)
{
	json_t *j = json_pack("{s:s, s:o}", "type", "object", "additionalProperties", shape(p));

	expect(p, '>');
	return j;
}

static json_t *plain_shape(const char **p)
{
	switch (*(*p)++) {
	case 's':
		return typed("string", NULL);
	case 't':
		return typed("string", "date-time");
	case 'i':
		return typed("integer", "int64");
	case 'n':
		return typed("number", NULL);
	case 'b':
		return typed("boolean", NULL);
	case 'o':
		return typed("object", NULL);
	case 'a':
		return json_object();
	case '#':
		return reference(p);
	case '[':
		return list_shape(p);
	case '<':
		return map_shape(p);
	case '{':
		return object_shape(p);
	default:
		BUG_ON(true);
	}
}

static json_t *shape(const char **p)
{
	json_t *j = plain_shape(p), *choices = NULL;

	if (**p == '?') {
		(*p)++;
		(void)json_object_set_new(j, "type",
					  json_pack("[O, s]", json_object_get(j, "type"), "null"));
	}
	if (**p != '|')
		return j;
	choices = json_pack("[o]", j);
	while (**p == '|') {
		(*p)++;
		(void)json_array_append_new(choices, plain_shape(p));
	}
	return json_pack("{s:o}", "anyOf", choices);
}

json_t *openapi_shape(const char *text)
{
	json_t *j = shape(&text);

	BUG_ON(*text);
	return j;
}

json_t *openapi_answer(const struct http_route *route)
{
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		if (str_eq(answers[i].method, route->method) &&
		    str_eq(answers[i].pattern, route->pattern))
			return openapi_shape(answers[i].shape);
	return NULL;
}
