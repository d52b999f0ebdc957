/** The types that are shipped for pages of others: whole by themselves, and strict about what is not there. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
const TYPES = fileURLToPath(new URL("../../notifications/static/notifications/elements.d.ts", import.meta.url));
const PAGE = `/// <reference path="${TYPES}" />
const bell = document.createElement("notification-bell");
bell.renderItem = ({ title, sender }, { address, unread }) => \`\${title} \${sender ?? ""} \${address} \${unread}\`;
bell.addEventListener("nb:change", ({ detail: { unread, source } }) => console.log(unread + 1, source === "act"));
document.addEventListener("nb:activate", (event) => event.detail.notification.url?.slice(1));
export async function act(): Promise<boolean> {
  await bell.snooze(bell.items.map(({ id }) => id), new Date());
  await document.querySelector("notification-inbox")?.refresh();
  return bell.archive("1", ["2"]);
}
`;
const MISTAKES = `/// <reference path="${TYPES}" />
const bell = document.createElement("notification-bell");
bell.unreadCount = 3;
bell.snooze("1");
bell.addEventListener("nb:panel", ({ detail }) => detail.isOpen);
document.createElement("notification-inbox").open();
`;

/** @param {string} text */
function check(text) {
  const folder = mkdtempSync(join(tmpdir(), "types-"));
  try {
    writeFileSync(join(folder, "page.ts"), text);
    const options = ["--strict", "--noEmit", "--target", "es2022", "--types", "", "--lib", "es2022,dom"];
    const { stdout } = spawnSync(process.execPath, [TSC, ...options, join(folder, "page.ts")], { encoding: "utf8", cwd: folder });
    return stdout.split("\n").filter((line) => line.includes("error TS"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a page's own code is checked with elements.d.ts alone", () => assert.deepEqual(check(PAGE), []));

test("and told of each mistake", () => assert.equal(check(MISTAKES).length, 4, check(MISTAKES).join("\n")));
