// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium under playwright-core, which comes from the npm tree of the web page's build.
// Nothing is downloaded, nothing outside this machine is asked.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

export const BUILD = process.env.SLIPWAY_BUILD || "build";
const from = createRequire(resolve(BUILD, "web-npm", "package.json"));
const SHOTS = join(BUILD, "browser");

export const axeSource = () => from("axe-core").source;

const FLAGS = [
	"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
];

export function launch() {
	mkdirSync(SHOTS, { recursive: true });
	return from("playwright-core").chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS });
}

export const shot = (page, name, full = true) => page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: full });

// Everything that the page complains about: errors, refused content, broken promises.
export function complaints(page) {
	const list = [];
	page.on("pageerror", (error) => list.push(`error: ${error.message}`));
	page.on("dialog", (dialog) => {
		list.push(`dialog: ${dialog.message()}`);
		dialog.dismiss();
	});
	page.on("console", (message) => {
		if (message.type() === "error" && !/Failed to load resource/.test(message.text())) list.push(`console: ${message.text()}`);
	});
	return list;
}

export async function useToken(page, token) {
	await page.getByText("Use an API token instead").click();
	await page.getByLabel("API token").fill(token);
	await page.getByRole("button", { name: "Use the token" }).click();
}
export async function signInAs(page, name, password) {
	await page.getByLabel("Name", { exact: true }).fill(name);
	await page.getByLabel("Password").fill(password);
	await page.getByRole("button", { name: "Sign in" }).click();
}
export async function signIn(page, url, token, hash = "") {
	await page.goto(`${url}/${hash}`);
	await useToken(page, token);
	await page.getByRole("navigation", { name: "Views" }).waitFor();
}
