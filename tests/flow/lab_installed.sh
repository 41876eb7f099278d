#!/bin/sh
# What another team has of the lab after `make install` and in the package: the program, its page, every scenario with what it
# names, and the example repository, which is copied elsewhere and used as its README says.
# usage: lab_installed.sh [BUILD]    LAB_FULL=1 (check-all): the example's rack is played to its end, too
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_dir lab_installed
chmod 755 "$dir"
# the programs alone: boot files and the page are copied like them, and are large
mkdir -p "$dir/build/boot"
for part in bin gen obj man; do [ ! -e "$build/$part" ] || ln -s "$build/$part" "$dir/build/$part"; done
put() { make -s install BUILD="$dir/build" PREFIX="$1" DESTDIR="$2" -o all >"$dir/out" 2>&1; }
names() { (cd "$1" && find . -type f | sort | tr '\n' ' '); }

put /usr/local "$dir/a"
ok "it installs" $? "$dir/out"
prefix=$dir/a/usr/local
same "every scenario is there, with what it names" "$(names "$prefix/share/slipway/scenarios")" "$(names vm-lab/scenarios)"
same "the example is there" "$(names "$prefix/share/slipway/lab-example")" "$(names vm-lab/example)"
[ -x "$prefix/bin/slipway-lab" ] && [ -s "$prefix/share/man/man1/slipway-lab.1" ]
ok "the program and its page are there" $?
(cd / && "$prefix/bin/slipway-lab" list) >"$dir/list" 2>&1
ok "the installed lab reads all of them" $? "$dir/list"
same "and lists each" "$(cut -d' ' -f1 "$dir/list" | sort | tr '\n' ' ')" \
	"$(cd vm-lab/scenarios && basename -s .ini -- *.ini | sort | tr '\n' ' ')"

# ---- the package --------------------------------------------------------------------------------
if command -v dpkg-deb >/dev/null; then
	put /usr "$dir/deb"
	mkdir "$dir/deb/DEBIAN"
	printf 'Package: slipway\nVersion: 1\nArchitecture: all\nMaintainer: x <x@localhost>\nDescription: x\n' >"$dir/deb/DEBIAN/control"
	dpkg-deb -z1 --root-owner-group --build "$dir/deb" "$dir/slipway.deb" >"$dir/out" 2>&1
	ok "there is a package" $? "$dir/out"
	dpkg-deb -c "$dir/slipway.deb" | awk '{ print $6 }' >"$dir/contents"
	missing=
	for file in usr/bin/slipway-lab usr/share/man/man1/slipway-lab.1 \
		$(cd vm-lab && find scenarios -type f | sed 's|^|usr/share/slipway/|') \
		$(cd vm-lab/example && find . -type f | sed 's|^\.|usr/share/slipway/lab-example|'); do
		grep -qxF "./$file" "$dir/contents" || missing="$missing $file"
	done
	same "the package has the lab, its scenarios and its example" "$missing" ""
fi

# ---- the example, as another team uses it -------------------------------------------------------
rootfs=$build/images/rootfs-amd64.tar
mkdir "$dir/team" && cp -r "$prefix/share/slipway/lab-example/." "$dir/team/"
export SLIPWAY="$prefix/bin/slipway" SLIPWAY_LAB="$prefix/bin/slipway-lab"
sh "$dir/team/check.sh" >"$dir/out" 2>&1
same "the exit status of check.sh without a root file system" $? 2

# ---- the task of a CI owner --------------------------------------------------------------------------
# Own image, own profile, own check in a guest: copy the folder, name the host, add a check, let the lab read it, call
# check.sh. What must be read for it: the example's page, its rack and its profile, and what was printed.
steps=0
: >"$dir/printed"
does() { # does TITLE COMMAND...
	title=$1
	shift
	steps=$((steps + 1))
	(cd "$dir/ours" 2>/dev/null || cd "$dir" || exit 1; "$@") >"$dir/out" 2>&1
	ok "CI owner: $title" $? "$dir/out"
	cat "$dir/out" >>"$dir/printed"
}
does "copies the example" cp -r "$prefix/share/slipway/lab-example" "$dir/ours"
does "names the own host" sed -i 's/"hostname": "web-{serial}"/"hostname": "db-{serial}"/' profile.json
# shellcheck disable=SC2016 # the guest expands it
does "writes the own check" sed -i 's|^expect_command = test .*|expect_command = test "$(hostname)" = db-web-0001\nexpect_command = test -x /usr/bin/psql|' rack.ini
does "lets the lab read it" "$SLIPWAY_LAB" list --scenarios .
grep -q '^rack ' "$dir/out" && grep -q psql "$dir/ours/rack.ini" && grep -q '"db-{serial}"' "$dir/ours/profile.json"
ok "CI owner: it is the own rack that was read" $? "$dir/out"
words=$(cat "$dir/ours/README.md" "$dir/ours/rack.ini" "$dir/ours/profile.json" "$dir/printed" | wc -w)
echo "# CI owner: $((steps + 1)) steps, $words words read"
[ $((steps + 1)) -le 5 ] && [ "$words" -le 700 ]
ok "CI owner: and little to do and to read" $?
sed -i 's/^expect_command/expect_comand/' "$dir/ours/rack.ini"
(cd "$dir/ours" && "$SLIPWAY_LAB" list --scenarios .) >"$dir/out" 2>&1
same "CI owner: a mistyped word is named with its line" "$? $(grep -cE 'rack.ini:[0-9]+.*expect_comand' "$dir/out")" "1 1"

if [ ! -s "$rootfs" ]; then
	ok "the example is played # SKIP no $rootfs" 0
	echo "1..$n"
	exit $bad
fi
cat >"$dir/lab" <<'LAB'
#!/bin/sh
echo "$@" >args
LAB
chmod 755 "$dir/lab"
(cd / && SLIPWAY_LAB=$dir/lab sh "$dir/team/check.sh" "$rootfs") >"$dir/out" 2>&1
ok "check.sh makes the archive" $? "$dir/out"
same "and hands the rack to the lab" "$(cat "$dir/team/args")" "run ./rack.ini"
"$prefix/bin/slipway" image verify --root "$dir/team/keys/root.json" "$dir/team/web-x86_64.slip" >"$dir/out" 2>&1
ok "the archive is signed by the root that the rack names" $? "$dir/out"
if [ -z "${LAB_FULL:-}" ]; then
	echo "1..$n"
	exit $bad
fi
rm -rf "$prefix/share/slipway/boot" && ln -s "$build/boot" "$prefix/share/slipway/boot"
(cd "$dir/team" && sh ./check.sh "$rootfs") >"$dir/out" 2>&1
ok "the installed lab plays it, guest commands included" $? "$dir/out"
[ -s "$dir/team/slipway-lab/junit.xml" ] && [ -s "$dir/team/slipway-lab/rack/web1.console" ]
ok "CI finds its report and artefacts beside it" $?
echo "1..$n"
exit $bad
