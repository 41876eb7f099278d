# The web page: Preact and htm from npm, pinned by package-lock.json, bundled by esbuild into
# $(BUILD)/web, which nginx serves as it is. npm's tree lies under $(BUILD), too; the browser tests
# take playwright-core and axe-core from it.
WEB_SRC := provisioner/web/src/main.js
WEB_SRC += provisioner/web/src/actions.js
WEB_SRC += provisioner/web/src/api.js
WEB_SRC += provisioner/web/src/approve.js
WEB_SRC += provisioner/web/src/arm.js
WEB_SRC += provisioner/web/src/audit.js
WEB_SRC += provisioner/web/src/burnin.js
WEB_SRC += provisioner/web/src/capacity.js
WEB_SRC += provisioner/web/src/console.js
WEB_SRC += provisioner/web/src/deliveries.js
WEB_SRC += provisioner/web/src/dialog.js
WEB_SRC += provisioner/web/src/expected.js
WEB_SRC += provisioner/web/src/facts.js
WEB_SRC += provisioner/web/src/faults.js
WEB_SRC += provisioner/web/src/feed.js
WEB_SRC += provisioner/web/src/fleet.js
WEB_SRC += provisioner/web/src/floor.js
WEB_SRC += provisioner/web/src/hooks.js
WEB_SRC += provisioner/web/src/host.js
WEB_SRC += provisioner/web/src/account.js
WEB_SRC += provisioner/web/src/html.js
WEB_SRC += provisioner/web/src/identity.js
WEB_SRC += provisioner/web/src/images.js
WEB_SRC += provisioner/web/src/me.js
WEB_SRC += provisioner/web/src/ocp.js
WEB_SRC += provisioner/web/src/order.js
WEB_SRC += provisioner/web/src/parts.js
WEB_SRC += provisioner/web/src/pending.js
WEB_SRC += provisioner/web/src/profile_doc.js
WEB_SRC += provisioner/web/src/profile_form.js
WEB_SRC += provisioner/web/src/profiles.js
WEB_SRC += provisioner/web/src/route.js
WEB_SRC += provisioner/web/src/safe.js
WEB_SRC += provisioner/web/src/scan.js
WEB_SRC += provisioner/web/src/search.js
WEB_SRC += provisioner/web/src/seen.js
WEB_SRC += provisioner/web/src/signin.js
WEB_SRC += provisioner/web/src/stop.js
WEB_SRC += provisioner/web/src/timeline.js
WEB_SRC += provisioner/web/src/tokens.js
WEB_SRC += provisioner/web/src/words.js
WEB_FILES := index.html style.css icon.svg
WEB_NPM   := $(BUILD)/web-npm

$(WEB_NPM)/stamp: provisioner/web/package.json provisioner/web/package-lock.json
	$(call say,NPM,$(WEB_NPM))
	$(Q)mkdir -p $(@D) && cp $^ $(@D)/
	$(Q)cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1 || { cat npm.log >&2; exit 1; }
	$(Q)touch $@

# What the page calls parts, out of the list that orders are made from.
PART_WORDS := $(BUILD)/gen/part_words.js
$(PART_WORDS): include/burnin/component_kinds.def provisioner/web/rules.mk
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q){ echo "export const PARTS = {" && sed -n 's/^X([A-Z]*, "\([a-z]*\)",.*, \("[^"]*"\)).*/\t\1: \2,/p' $< && echo "};"; } >$@.new
	$(Q)mv $@.new $@

# esbuild looks for the packages where NODE_PATH says: nothing is written into the source tree.
$(BUILD)/web/app.js: $(WEB_SRC) $(PART_WORDS) $(WEB_NPM)/stamp
	$(call say,BUNDLE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)NODE_PATH=$(abspath $(WEB_NPM))/node_modules node $(WEB_NPM)/node_modules/esbuild/bin/esbuild provisioner/web/src/main.js \
	  --alias:slipway-part-words=$(abspath $(PART_WORDS)) --bundle --format=esm --target=es2022 --minify --log-level=warning --outfile=$@

$(addprefix $(BUILD)/web/,$(WEB_FILES)): $(BUILD)/web/%: provisioner/web/%
	$(Q)mkdir -p $(@D) && cp $< $@

.PHONY: web
web: $(BUILD)/web/app.js $(addprefix $(BUILD)/web/,$(WEB_FILES)) ## build the web page
FLOW_TESTS += tests/browser/run.sh
