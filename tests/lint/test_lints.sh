#!/bin/sh
# Each lint fires on a tree that breaks its rule, and is silent on the same tree without the break.
set -u
lints=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
n=0
bad=0

fresh() {
	rm -rf "$tree"
	mkdir -p "$tree/tests/lint" "$tree/include/base/errors" "$tree/include/images" "$tree/pxe" \
		"$tree/provisioner/base"
	cd "$tree" || exit 1
	cp "$lints/deps.allow" tests/lint/
	printf '/* SPDX-License-Identifier: Apache-2.0 */\n/*\n * A header.\n */\n' | tee include/base/a.h \
		include/images/b.h >/dev/null
	printf '/* SPDX-License-Identifier: Apache-2.0 */\n/*\n * A source.\n */\n#include <base/a.h>\n' >pxe/x.c
	for room in provisioner provisioner/base pxe include tests; do echo text >$room/README.md; done
	cp "$lints/../../.clang-format" .
	mkdir -p tests/unit
	sh "$lints/faults.sh" --ids >tests/unit/ids
	git init -q . && git add -A
}

# expect LINT TITLE: the lint passes on the fresh tree and fails after the break on standard input.
expect() {
	n=$((n + 1))
	fresh
	before=0
	sh "$lints/$1" "$tree" >/dev/null 2>&1 || before=1
	eval "$3"
	git add -A
	after=0
	sh "$lints/$1" "$tree" >/dev/null 2>&1 || after=1
	if [ $before = 0 ] && [ $after = 1 ]; then
		echo "ok $n - $1 fires: $2"
	else
		bad=1
		echo "not ok $n - $1 fires: $2 (clean tree: $before, broken tree: $after)"
	fi
}

echo "1..31"
expect deps.sh "a room includes a room it may not" 'printf "#include <images/b.h>\n" >>pxe/x.c'
expect deps.sh "a room reaches into another by path" 'printf "#include \"../../images/b.h\"\n" >>pxe/x.c'
expect headers.sh "a header needs another first" 'printf "struct s { uint64_t n; };\n" >>include/base/a.h'
expect prose.sh "a source without a licence line" 'printf "int x;\n" >pxe/y.c'
expect prose.sh "a room without a README" 'rm pxe/README.md'
expect prose.sh "a README over 60 lines" 'seq 61 >pxe/README.md'
expect prose.sh "an error that nothing returns" 'printf "X(ERR_GHOST, 1)\n" >include/base/errors/ghost.def'
expect layout.sh "a badly laid out source" 'printf "int   f( void );\n" >>pxe/x.c'
# shellcheck disable=SC2016 # the break is written to a file
expect scripts.sh "a careless script" 'printf "#!/bin/sh\ncd \$1\nrm \$2/*\n" >pxe/s.sh'
expect proof.sh "a fault list that nobody keeps" 'mkdir images; echo "| A-01 | x | refused | pxe/x.c |" >images/PROOF.md'
expect faults.sh "a fault that no test names" 'sed -i /D-05/d tests/unit/ids'
expect contracts.sh "a failure that may be overlooked" 'printf "int f(int n, struct err *err);\n" >>include/base/a.h'
expect contracts.sh "an allocation that may be lost" 'printf "struct s *s_new(void);\n" >>include/images/b.h'
expect contracts.sh "text that may be lost" 'printf "char *f(\n\tint n);\n" >>include/images/b.h'
expect house.sh "a source of more than 500 lines" 'seq -f "/* %g */" 500 >>pxe/x.c'
expect house.sh "struct app below the roof" 'mkdir -p provisioner/server/flow; echo "struct app *a;" >provisioner/server/flow/x.c'
expect house.sh "a unit test that sleeps" 'mkdir -p tests/unit; echo "void f(void) { usleep(100000); }" >tests/unit/test_x.c'
expect parameters.sh "a function of seven parameters" 'printf "int f(int a, int b, int c, int d, int e, int g,\n      int h)\n{\n}\n" >>pxe/x.c'
expect parameters.sh "a callback's type behind a function of seven" 'printf "static int MHD_f(enum MHD_Result a, int b, int c, int d, int e, int g,\n      int h)\n{\n}\n" >>pxe/x.c'
expect listed.sh "a suite that nobody runs" 'mkdir tests/flow; echo "#!/bin/sh" >tests/flow/new.sh'
expect first_lines.sh "a statement right below declarations" 'printf "int f(void)\n{\n\tint n = 0;\n\treturn n;\n}\n" >>pxe/x.c'
two_sources() { # that need each other
	mkdir -p build/obj/gcc/pxe
	printf '%s\n' 'int g(void);' 'int f(void) { return g(); }' >pxe/f.c
	printf '%s\n' 'int f(void);' 'int g(void) { return f(); }' >pxe/g.c
	gcc -c -o build/obj/gcc/pxe/f.o pxe/f.c && gcc -c -o build/obj/gcc/pxe/g.o pxe/g.c
}
expect english.sh "a sentence of the old dialect" 'printf "/* x is no y */\n" >>pxe/x.c'
expect english.sh "a word of the old dialect" 'echo "two persons" >>pxe/README.md'
expect circles.sh "sources that need each other" two_sources
expect circles.sh "a line for a ring that is larger than it is" 'two_sources; echo "pxe: pxe/f.c pxe/g.c pxe/x.c" >tests/lint/circles.allow'
expect house.sh "a new entry at the top level" 'echo x >extra.txt'
expect house.sh "a source in include/" 'cp pxe/x.c include/base/x.c'
expect house.sh "a child started beside base/child" 'printf "int f(void)\n{\n\treturn fork();\n}\n" >>pxe/x.c'
expect house.sh "a clock of somebody's own" 'printf "#include <time.h>\nlong f(void)\n{\n\treturn time(NULL);\n}\n" >>pxe/x.c'
expect house.sh "a reader of MACs of somebody's own" 'printf "int f(int i)\n{\n\treturn i %% 3 == 2;\n}\n" >>pxe/x.c'
expect house.sh "a shell started from C" 'printf "/* \"/bin/sh\" */ const char *s = \"sh\";\n" >>pxe/x.c'
exit $bad
