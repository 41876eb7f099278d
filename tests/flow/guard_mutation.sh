#!/bin/sh
# Every guard rail is missed when it is gone: each row takes one out of a copy of its source, links the unit
# test of that guard with the copy, and the named test of it must fail. G5 to G8 are the agent's, the others the
# server's. G18 has nothing to take out: Slipway sets no boot override in a management controller.
# Only the copy is compiled, and only the named test runs; two rows run at a time.
# usage: guard_mutation.sh [BUILD]
#
# How to add one: id, source, PROGRAM:TEST that must fail then, a sed script that takes the guard out.
set -u
cd "$(dirname "$0")/../.." || exit 1
harness=tests/harness/one_test.c

# The commands that make a program again after a change of a source, made once for each such pair.
recipe() { # SOURCE PROGRAM
	file=$dir/recipe.$(echo "$1 $2" | tr / .)
	if [ ! -s "$file" ]; then
		make -s -n -W "$1" BUILD="$build" "$tests/$2" 2>/dev/null >"$row/recipe"
		mv "$row/recipe" "$file"
	fi
	compile=$(grep -F " -c " "$file" | grep -F -- " $1" | head -n 1)
	link=$(grep -F -- "-o $tests/$2 " "$file" | tail -n 1)
	[ -n "$compile" ] && [ -n "$link" ]
}

# Without optimising, debugging and warnings: it is to be made soon and to run once.
compile() { # SOURCE COPY OBJECT
	echo "$compile" | sed "s| -MMD -MP -c -o [^ ]* $1\$| -O0 -g0 -w -I$(dirname "$1") -c -o $3 $2|" >"$row/compile"
	sh "$row/compile"
}

without_original() { # SOURCE: where it is linked as an object, not from a library
	link=$(echo "$link" | sed "s| [^ ]*/${1%.c}\.o | |")
}

link_with() { # PROGRAM OBJECT...: before the libraries that hold the original
	program=$1
	shift
	echo "$link" | sed "s|-o $tests/$program |-o $row/test $* |" >"$row/link"
	sh "$row/link"
}

runs() { ONE_TEST=$1 CMOCKA_MESSAGE_OUTPUT=TAP timeout 120 "$row/test" >"$row/out" 2>&1; }

# One row: its verdict is its file "said".
run_mutant() { # ID SOURCE PROGRAM TEST SED
	title="$1 $2: without it $3 $4 fails"
	sed "$5" "$2" >"$row/mutant.c"
	if cmp -s "$2" "$row/mutant.c"; then
		why="the guard is not where this script looks for it"
	elif ! { recipe "$2" "$3" && compile "$2" "$row/mutant.c" "$row/mutant.o" && without_original "$2" &&
		link_with "$3" "$row/mutant.o" "$dir/one_test.o"; } >"$row/log" 2>&1; then
		why="it does not build: $(grep -m 1 error "$row/log")"
	elif runs "$4"; then
		why="nobody missed it"
	else
		echo "ok $n - $title"
		return
	fi
	echo "not ok $n - $title"
	echo "# $why"
}

# As it is, the test passes: a failure is the mutation's.
run_whole() { # PROGRAM TEST
	if recipe "tests/unit/$1.c" "$1" && link_with "$1" "$dir/one_test.o" >"$row/log" 2>&1 && runs "$2" && grep -q "^ok 1 " "$row/out"; then
		echo "ok $n - $1 $2 passes"
	else
		echo "not ok $n - $1 $2 passes"
		grep -v "^ok" "$row/log" "$row/out" | head -n 5 | sed 's/^/# /'
	fi
}

if [ "${1:-}" = --row ]; then # a worker
	build=$2 dir=$3 n=$4
	row=$dir/$n tests=$build/obj/gcc/tests/unit
	{
		read -r program
		read -r test
		read -r id
		read -r source
		IFS= read -r script
	} <"$row/row"
	if [ -z "$id" ]; then
		run_whole "$program" "$test"
	else
		run_mutant "$id" "$source" "$program" "$test" "$script"
	fi >"$row/said"
	rm -f "$row/test"
	exit 0
fi

build=${1:-${BUILD:-build}}
if [ ! -x "$build/obj/gcc/tests/unit/server/api/test_arming" ]; then
	echo "1..0 # SKIP the unit tests are not built"
	exit 0
fi
dir=$(mktemp -d "/tmp/slipway-mutants-XXXXXX")
trap 'rm -rf "$dir"' EXIT
n=0
add() { # PROGRAM:TEST [ID SOURCE SED]
	n=$((n + 1))
	mkdir "$dir/$n"
	printf '%s\n' "${1%:*}" "${1#*:}" "${2:-}" "${3:-}" "${4:-}" >"$dir/$n/row"
}
mutate() { # ID SOURCE PROGRAM:TEST SED
	add "$3" "$1" "$2" "$4"
}

server=provisioner/server
agent=provisioner/agent
mutate G1 pxe/boot.c pxe/test_boot:test_decision 's/fits(rows\[i\].store_up, f->store_up) \&\&/true \&\&/'
mutate G1 $server/boot/boot_route.c server/session/test_admission:test_local_boot 's/f->may_enrol = profile->enrol/f->may_enrol = true/'
mutate G2 $server/session/permit.c server/session/test_permit:test_permit_guards 's/guard_arm, *//'
mutate G2 $server/session/permit.c server/session/test_permit:test_permit_guards 's/return done ? 0 : err_set/return err_set/'
mutate G3 $server/flow/host_use.c server/api/test_arming:test_in_service 's/if (!in_use || (guards \& GUARD_OVERRIDE))/if (true)/'
mutate G3 $server/flow/engine.c server/api/test_second_person:test_what_waits 's/s->row.in_use = true/s->row.in_use = false/'
mutate G4 $server/flow/disk_choice.c server/flow/test_profile:test_disk_choice 's/ERR_GUARD_DISK_AMBIGUOUS/ERR_GUARD_DISK_NONE/'
mutate G4 $agent/disk/guard.c agent/disk/test_guard:test_choice 's/if (n > 1)/if (n > 1000)/'
mutate G4 $server/session/permit.c server/session/test_permit:test_permit_guards 's/guard_disk,/NULL_GUARD/; s/NULL_GUARD//'
mutate G5 $agent/disk/guard.c agent/disk/test_device:test_same 's/return name_of(d, name, sizeof(name)) \&\& .*/return true || (name_of(d, name, sizeof(name)) \&\& drive_read_one(d->root, name, \&now) \&\&/; s/^\(\t       same_identity(&now, &d->drive)\);/\1);/'
mutate G6 $agent/disk/guard.c agent/disk/test_guard:test_choice 's/if (!found->local)/if (false)/'
mutate G6 $agent/disk/guard.c agent/disk/test_guard:test_choice 's/ || found->facts.zones\[0\]//'
mutate G6 $server/flow/disk_choice.c server/flow/test_profile:test_disk_choice 's/if (member(d, "Zones")\[0\])/if (false)/'
mutate G7 $agent/disk/guard.c agent/disk/test_guard:test_use 's/if (holders.n)/if (false)/'
mutate G7 $agent/disk/guard.c agent/disk/test_guard:test_use 's/!str_eq(where, number))/true)/'
mutate G8 $agent/disk/guard.c agent/disk/test_guard:test_data 's/if (r == 0 \&\& (!\*wipe_consent/if (false \&\& (!*wipe_consent/'
mutate G8 $agent/disk/guard.c agent/disk/test_guard:test_data 's/if (signature_is_shared(/if (false \&\& signature_is_shared(/'
mutate G8 $server/session/permit.c server/session/test_permit:test_permit_guards 's/guard_data,//'
mutate G8 $server/flow/arm.c server/api/test_arming:test_arming 's/TRY(disk_check_data(.*//'
mutate G9 $server/flow/profile.c server/flow/test_profile:test_parse 's/^\tcheck_match(&r, ret);//'
mutate G9 $server/flow/arm_ask.c server/api/test_arming:test_arming 's/strpbrk(ask->serial, "\*?") ||/false ||/'
mutate G10 $server/api/arm_routes.c server/api/test_arming:test_orders 's/n > UNCONFIRMED_MAX/false/'
mutate G10 $server/flow/order.c server/api/test_arming:test_orders 's/if (touched \* 100 <= .*/if (true)/'
mutate G11 $server/flow/order.c server/api/test_arming:test_plan_hash 's/^\tTRY(check_rehearsed(o, err));//'
mutate G11 $server/flow/order.c server/api/test_second_person:test_several_are_rehearsed 's/if (!c->is_list || c->rehearse)/if (true)/'
mutate G11 $server/flow/order.c server/api/test_second_person:test_who_may_approve 's/^\tTRY(check_plan(o, caller->plan_hash, err));//'
mutate G12 $server/flow/order.c server/api/test_second_person:test_rehearsed_approval 's/return o->why\[0\] ? keep(o, err) : do_it(o, err);/return do_it(o, err);/'
mutate G12 $server/flow/order_rules.c server/flow/test_order_rules:test_when 's/return (int64_t)r->n_hosts > r->alone_max;/return r == NULL;/'
mutate G12 $server/flow/order_rules.c server/flow/test_order_rules:test_when 's/return r->in_use;/return false;/'
mutate G12 $server/flow/order_rules.c server/flow/test_order_rules:test_when 's/return r->shared_storage;/return false;/'
mutate G12 $server/flow/order_rules.c server/api/test_second_person:test_who_may_approve 's/return str_eq(p->decides, p->ordered_by);/return false;/'
mutate G12 $server/flow/order_rules.c server/api/test_second_person:test_who_may_approve 's/return !p->decides\[0\] || .*/return false;/'
mutate G12 $server/flow/order_rules.c server/api/test_second_person:test_who_may_approve 's/return !p->order_token_lives;/return false;/'
mutate G12 $server/api/access.c server/api/test_second_person:test_persons_are_made_by_root 's/^\tTRY(check_owner(w, ask->owner, err));//; s/^static int check_owner/__attribute__((unused)) static int check_owner/'
mutate G12 inventory/flow/order.c server/api/test_second_person:test_who_may_approve "s/ AND state = '\" FLOW_ORDER_PENDING/ AND state <> '\" FLOW_ORDER_EXPIRED/"
mutate G12 $server/flow/order_rules.c server/flow/test_order_rules:test_when 's/return !many(r) .*/return false;/'
mutate G12 $server/flow/order.c server/api/test_in_use:test_programs_add_up 's/^\tif (o->work->arm)$/\tif (false)/'
mutate G12 $server/flow/arm_limits.c server/api/test_in_use:test_programs_add_up 's/struct flow_arms_alone which = {.owner = owner};/struct flow_arms_alone which = {.owner = owner[0] ? "" : owner};/'
mutate G12 inventory/flow/arm.c server/api/test_in_use:test_single_arms_add_up "s/ AND agreed = ''//"
mutate G12 inventory/flow/arm.c server/api/test_in_use:test_programs_add_up 's/p_text(which->automatic ? "" : which->owner)/p_text("nobody")/'
mutate G12 $server/flow/order_work.c server/api/test_in_use:test_unused_arm_changes_nothing 's/^\treturn host_in_service_refusal(use.*/\treturn 0;/'
mutate G12 $server/flow/order_work.c server/api/test_in_use:test_it_changed_since 's/^\tTRY(host_in_use(o->flow, use, .*/\tb->in_use = false;/'
mutate G12 $server/flow/order_work.c server/api/test_in_use:test_use_ends_by_two 's/^\tif (in_use)$/\tif (false)/'
mutate G12 $server/flow/order_work.c server/api/test_in_use:test_what_is_done 's/return o->work->into ? &b->into : &b->host;/return \&b->host;/'
mutate G12 $server/flow/order_work.c server/api/test_in_use:test_use_ends_by_two '/^static int split/,/^}/s/if (is_written(&b->host))/if (false)/'
mutate G12 $server/flow/order_work.c server/session/test_admission:test_who_serves_is_not_merged_away '/^static int merge/,/^}/s/if (is_written(&b->host))/if (false)/'
mutate G12 $server/flow/engine.c server/api/test_in_use:test_unused_arm_changes_nothing 's/\t\t\t\t\t\t    HOST_EVENT_PERMIT};/\t\t\t\t\t\t    HOST_EVENT_ARM};/'
mutate G12 $server/flow/host_verb.c server/api/test_in_use:test_accepting_takes_nothing_in_use 's/^\tTRY(host_may_accept(flow, h, err));//'
mutate G12 $server/api/writes.c server/api/test_in_use:test_accepting_takes_nothing_in_use 's/^\tTRY(host_may_accept(w->flow, &h, err));//'
for verb in release retire merge split; do
	mutate G12 $server/api/host_orders.c server/api/test_in_use:test_what_is_done "s/\"$verb\", /\"nothing\", /"
done
mutate G12 $server/flow/profile_change.c server/api/test_profile_guards:test_what_outranks_one_that_arms 's/^\tTRY(check_right(flow, old, p, caller, err));//'
mutate G12 $server/flow/profile_change.c server/api/test_profile_guards:test_what_outranks_one_that_arms 's/^\tTRY(check_right(flow, old, NULL, caller, err));//'
mutate G12 $server/flow/profile_change.c server/api/test_profile_guards:test_who_may_write 's/\*ret = profile_arms(old) ||/*ret = false ||/'
mutate G12 $server/flow/profile_change.c server/api/test_profile_guards:test_who_may_write 's/(now \&\& profile_arms(now));/false;/'
mutate G12 $server/flow/profile_change.c server/api/test_profile_guards:test_what_outranks_one_that_arms 's/return outranks_one_that_arms(flow, old, ret, err);/return 0;/'
mutate G12 $server/flow/profile_change.c server/api/test_profile_guards:test_user_data_that_waits 's/return c->why\[0\] ? keep/return false ? keep/'
mutate G12 $server/flow/profile_change.c server/api/test_profile_guards:test_one_that_fits_many 's/^\tTRY(order_needs_name(caller->owner, err));//'
mutate G12 $server/flow/profile_change.c server/api/test_profile_guards:test_order_and_edit 's/int rc = str_eq(hash, row->plan_hash)/int rc = true/'
mutate G12 $server/flow/profile_change.c server/api/test_profile_guards:test_second_person_is_asked_for 's/TRY(flow_profiles_disagree(flow->db, old->priority, err));//'
mutate G12 $server/api/profile_routes.c server/api/test_profile_guards:test_what_outranks_one_that_arms 's/\.may_arm = .*/.may_arm = true,/'
mutate G12 $server/flow/step_builder.c server/api/test_profile_guards:test_automatic_arms_add_up 's/if (!agreed\[0\] \&\& !may)/if (false)/'
mutate G12 $server/flow/step_builder.c server/api/test_profile_guards:test_automatic_arms_add_up 's/\.automatic = true,/.automatic = false,/'
mutate G12 $server/flow/profile_change.c server/api/test_profile_guards:test_second_person_is_asked_for 's/json_equal(old->doc, p->doc)/true/'
mutate G2 $server/flow/step_builder.c server/api/test_profile_guards:test_open_arm_takes_no_edit 's/if (profile_holds(b, ret))/if (true)/'
mutate G2 $server/flow/step_builder.c server/api/test_profile_guards:test_begun_and_edited '/^static int end_changed/,/^}/s/if (arm->consumed_us)/if (false)/'
mutate G2 $server/flow/arm.c server/api/test_profile_guards:test_open_arm_takes_no_edit 's/^\tTRY(bind_profile(flow, h, m, \&d, ret, err));//; s/^static int bind_profile/__attribute__((unused)) static int bind_profile/'
mutate G11 $server/flow/order.c server/api/test_profile_guards:test_rehearsed_and_edited 's/b->arm.wipe_consent, b->arm.profile_digest,/b->arm.wipe_consent, "",/; s/b->q.skip_burnin : "", b->view);/b->q.skip_burnin : "", "");/'
mutate G13 $server/session/session.c server/session/test_admission:test_server_itself 's/^\tTRY(check_protected(o, err));//; s/^static int check_protected/__attribute__((unused)) static int check_protected/'
mutate G13 $server/flow/protected.c server/flow/test_protected:test_find 's/^\tadd_firmware(p, sys_root);//; s/^static void add_firmware/__attribute__((unused)) static void add_firmware/'
mutate G13 $server/flow/protected.c server/flow/test_protected:test_load 's/return found ? found : find_text(p, s->address);/return found;/'
mutate G13 $server/flow/order_work.c server/api/test_second_person:test_named_later 's/^\tTRY(check_protected(o->flow, .*//; s/^static int check_protected/__attribute__((unused)) static int check_protected/'
mutate G13 $server/boot/boot_route.c server/api/test_second_person:test_named_later 's/if (is_protected(b->flow, q))/if (is_protected(b->flow, q) \&\& false)/'
mutate G14 $server/session/permit.c server/session/test_permit:test_permit_guards 's/guard_stopped, guard_state/guard_state/'
mutate G15 $server/flow/arm.c server/api/test_arming:test_arming 's/TRY(check_image(h, m, \&d, err));//'
mutate G16 $server/session/permit.c server/api/test_erase_routes:test_permits 's/guard_work,//'
mutate G15 $server/flow/arm.c server/api/test_arming:test_layout 's/rc = check_layout(h, m, p.layout, d, err);/rc = 0;/; s/^static int check_layout/__attribute__((unused)) static int check_layout/'
mutate G17 $server/flow/arm.c server/api/test_arming:test_same_disk 's/TRY(check_same_disk(flow, h, q, \&d, err));//'
# sessions, keys, tokens
mutate KEY $server/flow/binding.c server/session/test_binding:test_codes 's/if (!contested)/if (true)/'
mutate KEY $server/flow/binding.c server/session/test_binding:test_codes 's/ \&\& (!typed\[0\] || has_code(flow, ret, typed))//'
mutate KEY $server/flow/binding.c server/session/test_binding:test_nothing_to_bind 's/if (needed == BINDING_LATER)/if (true)/'
mutate KEY $server/flow/binding.c server/session/test_binding:test_a_stranger_waits 's/if (k->bound\[0\] \&\& k->by_person) {/if (false) {/'
mutate KEY $server/flow/binding.c server/session/test_binding:test_codes 's/^\tTRY(end_other_session(flow, s, key, err));//; s/^static int end_other_session/__attribute__((unused)) static int end_other_session/'
mutate KEY $server/flow/binding.c server/session/test_binding:test_codes 's/if (rc < 0 || str_eq(s.agent_key, agent_key))/if (true)/'
mutate KEY $server/flow/order_work.c server/session/test_binding:test_released 's/^\t\tTRY(binding_by_person(o->flow.*/\t\t(void)0;/'
mutate KEY $server/flow/order_work.c server/session/test_binding:test_who_merely_asks_is_never_bound 's/b->code, BINDING_LATER/"", BINDING_LATER/'
mutate KEY $server/flow/host_verb.c server/session/test_binding:test_nothing_to_bind 's/TRY(binding_by_person(flow, h->num, call->code, .*/(void)later;/'
mutate KEY $server/session/session.c server/session/test_binding:test_codes 's/int rc = binding_admit(.*/int rc = 0;/'
mutate KEY $server/session/permit.c server/session/test_binding:test_permit_of_another_key 's/return holds ? 0/return true ? 0/'
mutate KEY $server/flow/step_builder.c server/session/test_binding:test_armed_at_rest 's/if (needs_key(state))/if (needs_key(state) \&\& false)/'
mutate KEY $server/flow/engine.c server/session/test_binding:test_released 's/if (anew || s->e->event == HOST_EVENT_FIRST_BOOT)/if (anew \&\& false)/'
mutate SESSION $server/session/ownership.c server/session/test_admission:test_session_belongs_to_its_key 's/if (!str_eq(ret->agent_key, http_client_key(r)))/if (false)/'
mutate SESSION $server/session/session.c server/session/test_admission:test_conflicts_have_a_cap 's/o->refused = refuse_at_rest(o, err) < 0;/o->refused = false;/'
mutate TOKEN $server/flow/engine.c server/session/test_receipts:test_tokens_end 's/^\t\tTRY(flow_arm_forget_tokens(.*/\t\t(void)0;/'
mutate TOKEN $server/flow/planner.c server/session/test_receipts:test_plans_are_sealed 's/? secret_seal(b->flow->seal_key, b->plan.plan_id, text)/? xstrdup(text)/'
mutate RECEIPT $server/session/events.c server/session/test_receipts:test_receipt_of_a_former_life 's/!arm.consumed_us || !has_receipt || !str_eq(h/!arm.consumed_us || !str_eq(h/'
mutate SESSION $server/session/session.c server/session/test_admission:test_stranger_with_the_papers_of_a_host_at_rest 's/o->refused = rests \&\& o->identity.verdict == IDENTITY_SAME;/o->refused = false;/'
mutate SESSION $server/session/session.c server/session/test_admission:test_who_works_is_not_put_in_question 's/if (!held)/if (true)/'
mutate SESSION $server/session/session.c server/session/test_admission:test_who_works_is_not_put_in_question 's/^\t\t[.]held = is_held,$//'
mutate SESSION $server/session/session.c server/session/test_admission:test_a_card_alone_puts_nothing_in_question 's/verdict == IDENTITY_SAME || o->identity.verdict == IDENTITY_REVIEW/verdict == IDENTITY_SAME/'
mutate SESSION provisioner/proto/session.c server/session/test_admission:test_nonces_are_whole 's/F_HEX(struct session_request, "nonce"/F_STR(struct session_request, "nonce"/'
mutate SESSION $server/session/events.c server/session/test_receipts:test_words_of_another_session 's/if (p.seq == seq \&\& str_eq(.*/if (p.seq == seq)/'
mutate SESSION $server/session/events.c server/session/test_receipts:test_words_of_another_session 's/ || (rc >= 0 \&\& !str_eq(arm.session_id, .*/)/'
mutate SESSION $server/session/next.c server/session/test_permit:test_only_its_own_session_writes 's/arm.consumed_us > 0 \&\& str_eq(arm.session_id, s->id) \&\&$/arm.consumed_us > 0 \&\&/'
mutate FIRST_BOOT $server/session/first_boot.c server/session/test_receipts:test_first_boot_of_another_system 's/if (!str_eq(q->image_digest, .*/if (false)/'
mutate FIRST_BOOT $server/session/first_boot.c server/session/test_receipts:test_first_boot_of_another_system 's/if (q->root_disk_serial.0. \&\& .*/if (false \&\&/'
# strangers
t=server/session/test_strangers
mutate KEY $server/session/events.c $t:test_words_of_a_key_that_nobody_compared 's/return may ? takers/return true ? takers/'
mutate KEY $server/session/ownership.c $t:test_words_of_a_key_that_nobody_compared 's/^\treturn binding_holds(flow, s, false, ret, err);/\treturn 0;/'
mutate KEY $server/session/events.c $t:test_a_wait_does_not_fail 's/ || str_eq(kind, "wait"))/)/'
mutate NAME inventory/hosts/host.c $t:test_a_serial_is_not_a_name 's/if (ret->num \&\& ret->num != h.num)/if (false)/'
for mutant in 's/ask->address, 1, now_us)/"local", 1, now_us)/' 's/!quota_take(flow->quota, QUOTA_ALL_OPENS/false \&\& &/' \
	's/^\tif (known)$/\tif (false)/' 's/str_eq(last.agent_key, ask->agent_key)/false/'; do
	mutate LIMIT $server/session/open_budget.c $t:test_known_hosts_come_first "$mutant"
done
mutate LIMIT $server/session/session.c $t:test_known_hosts_come_first 's/^\tTRY(check_budget(o, err));//; s/^static int check_budget/__attribute__((unused)) static int check_budget/'
mutate TOKEN inventory/access/token.c server/api/test_sign_in:test_tokens_of_a_disabled_account 's/ AND NOT " OWNER_IS_DISABLED/"/'
mutate LIMIT $server/api/passwords.c server/api/test_sign_in:test_guesses_are_slowed 's/name\[i\] + 32/name[i]/'
mutate STORE images/core/object_known.c images/test_object_store:test_a_manifest_is_read_once 's/if (found \&\& rc == 0 \&\& is_same_file(.*/if (found) {/'
mutate SESSION $server/session/session.c $t:test_a_clone_must_be_let_in 's/ || o->identity.verdict == IDENTITY_CLONE)$/)/'
mutate FIRST_BOOT $server/session/first_boot.c $t:test_no_first_boot_without_a_receipt 's/^\tTRY(check_receipt(flow, arm, err));//; s/^static int check_receipt/__attribute__((unused)) static int check_receipt/'
mutate G2 $server/flow/profile.c server/flow/test_profile:test_digest 's/^\thash_burn_in(h, p);//; s/^static void hash_burn_in/__attribute__((unused)) static void hash_burn_in/'
mutate G12 $server/api/access.c server/api/test_second_person:test_persons_are_made_by_root 's/return asked\[0\] || root ? asked : .*/return asked;/'
# what was seen
t=server/flow/test_host_view
mutate VIEW $server/flow/host_verb.c $t:test_what_was_seen_is_decided 's/^\tTRY(host_view_check(flow, ret, .*//'
mutate VIEW $server/flow/order_work.c $t:test_what_was_seen_is_decided '/^\tTRY(host_view_check(/,/;/d'
mutate VIEW $server/api/writes.c $t:test_accepted_is_what_was_shown '/^\tTRY(host_view_check(/,/;/d'
mutate VIEW $server/flow/order_work.c $t:test_rehearsed 's/^\t\tTRY(host_view(o->flow, .*/\t\t(void)0;/'
mutate VIEW $server/flow/order_work.c $t:test_approved_by_a_second_person 's/^\t\tTRY(host_view(o->flow, .*/\t\t(void)0;/'
# expiry
mutate EXPIRY $server/session/permit.c server/session/test_permit:test_permit_guards 's/if (k->arm.expires_us <= k->now_us)/if (false)/'
mutate EXPIRY $server/session/permit.c server/session/test_permit:test_permit_guards 's/^\tTRY(trust_root_check_time(.*//'
mutate EXPIRY $server/flow/arm.c server/session/test_permit:test_no_arm_after_the_root 's/^\tTRY(trust_root_check_time(.*//'
mutate EXPIRY $agent/latest.c agent/test_latest:test_rows 's/^\tTRY(trust_root_check_time(.*//'
mutate EXPIRY $agent/latest.c agent/test_latest:test_rows 's/^\tTRY(channel_check_time(.*//'
mutate EXPIRY images/core/object_import.c images/test_object_store:test_a_root_that_has_expired 's/{.now_s = time_wall_us() \/ 1000000}/{.now_s = 0}/'
# what a permit is for
mutate G2 $server/session/permit.c server/session/test_permit:test_permit_guards 's/if (k->arm.host_num != k->session.host_num)/if (false)/'
mutate G2 $server/session/permit.c server/session/test_permit:test_permit_guards 's/if (k->arm.consumed_us \&\& !str_eq(k->arm.session_id, k->session.id))/if (false)/'
mutate G4 $server/session/permit.c server/session/test_permit:test_permit_guards 's/if (d->size_bytes != k->arm.disk_bytes)/if (false)/'
mutate G8 provisioner/proto/signature.c proto/test_signature:test_every_partition_type_crosses 's/of_type ? of_type : word/word/'
mutate G2 $server/session/permit.c server/session/test_permit:test_permit_guards 's/if (k->arm.ended_us)/if (false)/'
mutate G1 $server/boot/boot_route.c server/session/test_admission:test_a_profile_must_let_in 's/ret->enrol = p->enrol;/ret->enrol = true;/'
mutate G1 $server/session/session.c server/session/test_admission:test_a_profile_must_let_in 's/ \&\& p.enrol;/;/'
# secrets
mutate SECRET $server/api/profile_routes.c server/api/test_profile_guards:test_user_data_is_written_only 's/rc = profile_secret_hide(w->flow, \&p, err);/rc = 0;/'
mutate SECRET $server/flow/profile_secret.c server/api/test_profile_guards:test_user_data_of_another 's/return xasprintf("profile %s", p->name);/return xstrdup(p ? "one" : "");/'
mutate SECRET $server/flow/profile_secret.c server/api/test_profile_guards:test_user_data_is_written_only 's/str_eq(old.user_sha256, p->user_sha256)/true/'
mutate SECRET $server/app.c server/api/test_profile_guards:test_user_data_of_an_older_version 's/^\tTRY(profile_secret_seal_stored(flow, err));//'
mutate SECRET inventory/flow/order.c server/api/test_profile_guards:test_user_data_that_waits 's/^\tTRY(db_exec(db, err, "DELETE FROM flow_order_secret .*//'
# what an image from strangers may open, and what a host's network may be
mutate FENCE images/tool/qemu_img.c images/test_qemu_img:test_fence 's/ || !fence(r->q->to_fd >= 0)//'
mutate FENCE images/tool/qemu_img.c images/test_qemu_img:test_words 's/ || !fence(r->q->to_fd >= 0)//'
mutate TREE images/tool/tree_plan.c images/test_tree_plan:test_ten_million_entries 's/p->by_source.n == ENTRY_TREE_ENTRIES/false/'
mutate TREE images/tool/tree_find.c images/test_tree_plan:test_mazes 's/++w->n_links > LINKS_MAX/false/'
mutate TREE images/tool/tree_source.c images/test_tree_source:test_bombs 's/^\t\tTRY(check_growth(f, .*/\t\t(void)check_growth;/'
mutate TREE images/tool/tar_headers.c images/test_tar_headers:test_headers 's/^\t\tTRY(check_folder(h, .*/\t\t(void)check_folder;/'
mutate NETWORK provisioner/proto/network_rules.c proto/test_network_rules:test_rules 's/^\t\tTRY(check_mtu(n, .*//'
mutate NETWORK provisioner/proto/network_rules.c proto/test_network_rules:test_rules 's/^\t\tTRY(check_name(l, err));//'
mutate NETWORK provisioner/proto/network_rules.c proto/test_network_rules:test_rules 's/^\t\tTRY(network_addresses_check(l, err));//'
mutate NETWORK provisioner/proto/network_rules.c proto/test_network_rules:test_rules 's/return network_addresses_check_all(n, err);/return 0;/'
mutate NAME images/core/manifest.c images/test_manifest:test_rows 's/ \&\& !str_eq(version, MANIFEST_LATEST)//'
# the root's file system alone leaves everything around it alone
mutate TARGET images/core/install_root.c images/test_install_root:test_a_disk_with_partitions 's/return in->target.size_bytes ? check_no_table(in, err) : 0;/(void)check_no_table; return 0;/'
mutate TARGET images/core/install_root.c images/test_install_root:test_images_that_do_not_fit 's/else if (p)$/else if (p \&\& false)/'
mutate TARGET images/core/install_work.c images/test_install_root:test_one_partition_and_not_a_byte_around_it 's/if (in->leaves_out\[job->payload\])/if (false)/'
mutate TARGET provisioner/cli/root_slot.c cli/test_root_slot:test_rows 's/if (count_named(folder, active.name, &self) != 1 || count_named(folder, name, ret) != 1)/(void)self; if (count_named(folder, name, ret) < 1)/'
mutate TARGET provisioner/cli/root_slot.c cli/test_root_slot:test_rows 's/if (++n_seen > 1 || /if (++n_seen > 9 || /; s/return n_seen == 1 /return n_seen /'
mutate TARGET provisioner/cli/root_slot.c cli/test_root_slot:test_held_once 's/ || st.st_rdev != slot->number//'
mutate TARGET provisioner/cli/root_slot.c cli/test_root_slot:test_held_once 's/O_RDWR | O_EXCL |/O_RDWR |/'
# limits and scopes
mutate LIMIT $server/flow/quota.c server/flow/test_quota:test_a_bucket_empties_and_fills 's/if (b->left < (double)n)/if (false)/'
mutate LIMIT $server/flow/quota.c server/flow/test_quota:test_a_bucket_empties_and_fills 's/if (b->left > (double)r->capacity)/if (false)/'
mutate LIMIT $server/flow/quota.c server/flow/test_quota:test_addresses_are_counted 's/str_eq(address, "local") ||/true ||/'
mutate LIMIT $server/session/session.c server/session/test_admission:test_those_who_wait_have_a_cap 's/return waiting < QUOTA_UNAPPROVED_HOSTS/return waiting >= 0/'
mutate SCOPE $server/api/authorize.c server/api/test_scopes:test_every_route_with_every_token 's/if (ret->scopes \& (1U << need))/if (need <= 31)/'
# another password for oneself needs the one that is, and guesses at it are slowed
mutate PASSWORD $server/api/sign_in.c server/api/test_sign_in:test_own_password 's/json_pack("{s:s, s:s, s:s}", "password", ask->current, "stored",/json_pack("{s:s}", "password", ask->password);/; s/^[^a]*a\.password, "next", ask->password);$//'
mutate PASSWORD $server/api/sign_in.c server/api/test_sign_in:test_own_password_guesses '/^static int hash_own/,/^}/s/TRY(api_password_may_try(.*/(void)0;/'
mutate SESSION $server/session/permit.c server/session/test_binding:test_another_epoch 's/^\tTRY(agent_check_epoch(&k.session, q->epoch, err));//'
mutate SESSION $server/session/events.c server/session/test_binding:test_another_epoch 's/^\tTRY(agent_check_epoch(t->session, b->epoch, err));//'
mutate SESSION $server/session/next.c server/session/test_binding:test_another_epoch 's/^\tTRY(agent_check_epoch(&s, q->epoch, err));//'
mutate SESSION $server/session/partners.c server/session/test_binding:test_another_epoch 's/^\tTRY(agent_check_epoch(&s, q->epoch, err));//'
mutate SESSION $server/session/partners.c server/session/test_partners:test_partners 's/if (!row.run_id.0.)/if (false)/'
mutate SESSION $server/session/partners.c server/session/test_partners:test_partners 's/ \&\& str_eq(h->stage, STAGE_TEST)//'
mutate SECRET $server/flow/profile.c server/flow/test_profile:test_parse 's/F_HEX(struct profile, "sha256", user_sha256, FIELD_NEEDED)/F_HEX(struct profile, "sha256", user_sha256, 0)/'
# what is refused holds a connection for seconds
mutate SLOW $server/http/server.c server/http/test_http:test_slow_bodies 's/if (is_too_slow(.*/if (false)/'
mutate SLOW $server/http/server.c server/http/test_http:test_slow_bodies 's/if (r->early_set)$/if (false)/'
mutate SLOW $server/http/server.c server/http/test_http:test_endless_chunks 's/r->received_bytes > HTTP_EARLY_DISCARD;/false;/'
# a URL of a token never leads to this machine
mutate SSRF $server/notify/webhook_post.c server/notify/test_webhook_post:test_addresses 's/if (outbound_check(.*/if (false)/'
mutate SSRF $server/notify/webhook_post.c server/notify/test_webhook_post:test_addresses 's/CURLOPT_FOLLOWLOCATION, 0L/CURLOPT_FOLLOWLOCATION, 1L/'
mutate SSRF $server/api/webhooks.c server/api/test_changes:test_webhooks_stay_away_from_us 's/if (outbound_check_url(.*/if (false)/'
mutate SSRF $server/flow/outbound.c server/flow/test_outbound:test_addresses 's/^\tunwrap(bytes);//'
mutate SSRF $server/flow/outbound.c server/flow/test_outbound:test_own 's/return is_own(bytes) ?/return false ?/'
# without these a path of an image leads to this machine's own files: sandbox_root() must hold it
mutate PATH $agent/disk/new_root.c agent/disk/test_personalise:test_network 's/RESOLVE_IN_ROOT |/0 |/'
mutate PATH $agent/disk/new_root.c agent/disk/test_personalise:test_network 's/SYS_openat2, root_fd, path, \&how, sizeof(how))/SYS_openat, AT_FDCWD, path, (int)how.flags, 0)/'

# what others' words become: a line of known_hosts, a cell, a line of the boot script, an answer of a former token
mutate NAME provisioner/cli/known_name.c cli/test_known_name:test_rows 's/^\tTRY(check_alone(host, .*//; s/^static int check_alone/__attribute__((unused)) static int check_alone/'
mutate NAME provisioner/cli/known_name.c cli/test_known_name:test_rows 's/if (!is_host_name(name))/if (false)/'
mutate CELL provisioner/base/csv_cell.c base/test_csv_cell:test_no_piece_is_a_formula 's/if (!has_formula(text) \&\& /if (/; s/if (formula_follows(text))/if (false)/'
mutate CONFIG $server/config.c server/test_config:test_files 's/^\t\tTRY(check_arguments(k, value, err));/\t\t(void)check_arguments;/'
mutate TOKEN $server/api/write.c server/api/test_changes:test_keys_are_a_token_s_own 's/request = {f->caller, f->key/request = {f->w.who, f->key/'
mutate REVISION $server/api/write.c server/api/test_changes:test_verbs_compare_the_revision 's/^\t\tTRY(check_revision(f, err));/\t\t(void)check_revision;/'
mutate REVISION $server/api/write.c server/api/test_changes:test_what_compares_nothing_takes_no_revision 's/^\tTRY(api_check_match(f->w.request, err));//'

# how a drive is erased, and what may be erased or written
mutate ERASE $agent/disk/erase_drive.c agent/disk/test_erase_drive:test_doing 's/IGNORE_RESULT(run_tool(run, unlock, .*/(void)unlock;/'
mutate ERASE $agent/disk/erase_drive.c agent/disk/test_erase_drive:test_doing 's/: wait_for(run, waits, end_ms, err);/: (wait_for(run, waits, end_ms, err), 0);/'
mutate ERASE $agent/disk/erase_choose.c agent/disk/test_erase_choose:test_every_choice 's/first_of(can, p->order\[i\]);/first_of(can, p->order[i]) < _ERASE_COMMAND_MAX ? first_of(can, p->order[i]) : ERASE_COMMAND_OVERWRITE;/'
mutate G6 $agent/disk/guard.c agent/disk/test_guard:test_choice 's/if (found->facts.removable == TRI_YES)/if (false)/'
mutate G6 $server/flow/disk_choice.c server/flow/test_profile:test_disk_choice 's/if (size_of(d) <= 0)/if (false)/'
# what the firmware starts first; what a relay says; the list of interfaces
mutate PLAN provisioner/proto/plan_decode.c proto/test_plan:test_there_and_back 's/^\tdecode_boot_order(&r, m);/\t(void)decode_boot_order;/'
mutate PLAN provisioner/proto/plan_decode.c proto/test_plan:test_unknown_words 's/if (order \&\& \*order \&\& !str_eq(order, PLAN_BOOT_NETWORK) .*/if (false)/'
mutate PLAN $server/flow/profile.c server/flow/test_profile:test_digest 's/^\thash_boot_order(h, p->boot_order);/\t(void)hash_boot_order;/'
mutate PLAN $server/flow/step_host.c server/test_writing:test_boot_order_in_the_plan 's/^\t(void)str_copy(m->boot_order, .*//'
mutate RELAY inventory/parts/facts_relayed.c inventory/test_expect:test_a_relay_says_nothing_of_identity 's/if (is_same_mac(.*/if (true)/'
t=server/test_config
mutate CONFIG $server/boot/boot_nets.c $t:test_interfaces 's/if (net->listed || str_eq(net->interface, b->interface))/if (false)/'
mutate CONFIG $server/boot/boot_nets.c $t:test_interfaces 's/if (!net.listed)/if (false)/'
mutate CONFIG $server/boot/boot_nets.c $t:test_interfaces 's/ || sv_eq_str(first, "auto"))/)/'
mutate CONFIG $server/boot/boot_nets.c $t:test_further_interfaces 's/^\t\tTRY(check_overlap(b, i, err));/\t\t(void)check_overlap;/'
mutate CONFIG $server/boot/boot_nets.c $t:test_further_interfaces 's/return !net->address\[0\] || str_eq(net->address, text);/return true;/'
mutate CONFIG $server/boot/boot_nets.c $t:test_files 's/^\tif (!is_name(name))/\tif (!is_name(name) \&\& false)/'

# as they are, the tests pass
sed -s -n '1{N;p;}' "$dir"/*/row | paste - - | sort -u >"$dir/whole"
while read -r program test; do
	add "$program:$test"
done <"$dir/whole"

own_files() { cat /etc/passwd /etc/hosts /etc/hostname /etc/fstab /etc/machine-id 2>/dev/null | sha256sum; }
before=$(own_files)
cc -Iinclude -Iprovisioner -I. -w -c -o "$dir/one_test.o" $harness || exit 1
seq "$n" | xargs -P 2 -I{} sh "$0" --row "$build" "$dir" {}
for i in $(seq "$n"); do cat "$dir/$i/said"; done >"$dir/all"
cat "$dir/all"
bad=0
[ "$(grep -c '^ok ' "$dir/all")" = "$n" ] || bad=1
n=$((n + 1))
if [ "$before" = "$(own_files)" ]; then
	echo "ok $n - this machine's own files are as they were"
else
	bad=1
	echo "not ok $n - this machine's own files are as they were"
fi
echo "1..$n"
exit $bad
