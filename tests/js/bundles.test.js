/** What is shipped is what the modules give: no more, no less, and nothing of an older version. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BUNDLES = join(ROOT, "bundles/notifications");
const SOURCES = join(ROOT, "notifications/static/notifications");

const read = (name) => readFileSync(join(BUNDLES, name), "utf8");
const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
const modules = filesOf(BUNDLES).filter((name) => name.endsWith(".js"));

test("the bundles are what `make bundles` makes, byte for byte", () => {
  const folder = mkdtempSync(join(tmpdir(), "bundles-"));
  try {
    execFileSync(process.execPath, [join(ROOT, "scripts/bundle.js"), folder]);
    const made = join(folder, "notifications");
    assert.deepEqual(filesOf(BUNDLES), filesOf(made), "run `make bundles`");
    for (const name of filesOf(made)) assert.equal(read(name), readFileSync(join(made, name), "utf8"), `${name}: run \`make bundles\``);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a page is live by one file, and what that loads later has a hash in its name and is there", () => {
  assert.doesNotMatch(read("define.js"), /\b(?:from|import) ?"/);
  const named = modules.flatMap((name) => [...read(name).matchAll(/\b(?:from|import\()"([^"]+)"/g)]);
  assert.ok(named.length > 5);
  for (const [, name] of named) {
    assert.match(name, /^\.\.?\/[a-z-]+-[0-9a-f]{12}\.js$/);
    assert.ok(modules.includes(name.replace(/^\.+\//, "")), name);
  }
});

test("the inbox page imports what the details have of it, and brings it no second time", () => {
  const [inbox, details] = ["inbox-", "details-"].map((start) => read(modules.find((name) => name.startsWith(start))));
  assert.match(inbox, /from"\.\/details-/);
  const words = readFileSync(join(SOURCES, "words.js"), "utf8");
  const texts = [...words.matchAll(/gettext\("([^"]{12,})"\)/g)].map(([, text]) => text).filter((text) => details.includes(text));
  assert.ok(texts.length > 10);
  assert.deepEqual(texts.filter((text) => inbox.includes(text)), []);
});

test("a module that is in two files of a page keeps nothing, or there would be two of it", () => {
  const twice = ["inbox-state.js", "protocol.js", "contract.js", "transports/http.js", "transports/websocket.js"];
  for (const name of twice) {
    assert.doesNotMatch(readFileSync(join(SOURCES, name), "utf8"), /^(?:export )?(?:let|var) |^(?:export )?const \w+ = new (?!Set\(\[)/m, name);
  }
});
