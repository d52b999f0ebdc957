/** What a page loads. How much that is, is looked at where it is collected: tests/config/test_static_files.py. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

const FOLDER = new URL("../../notifications/static/notifications/", import.meta.url);
const TESTS = new URL("./", import.meta.url);

const read = (name) => readFileSync(new URL(name, FOLDER), "utf8");
const all = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));

/** Without comments, which may name anything. */
const code = (name) => read(name).replaceAll(/\/\*.*?\*\/|^ *\/\/[^\n]*$/gms, "");

test("what a module exports another one imports, or a test", () => {
  const tests = readdirSync(TESTS).filter((name) => name.endsWith(".test.js"));
  const imported = tests.flatMap((name) => readFileSync(new URL(name, TESTS), "utf8").match(/^import .*;$/gm) ?? []);
  for (const name of all) {
    const users = [...imported, ...all.filter((other) => other !== name).map(code)];
    for (const [, what] of code(name).matchAll(/^export (?:async )?(?:const|function|class) (\w+)/gm)) {
      const isUsed = users.some((text) => new RegExp(`\\b${what}\\b`).test(text));
      assert.ok(isUsed, `${name} exports ${what}, which nobody imports`);
    }
  }
});

test("imports end with a semicolon, or Django would not put hashes into them", () => {
  for (const name of all) {
    for (const [line] of read(name).matchAll(/^(?:import |(?:import|export)\b[^;\n]* from )"\.[^\n]*$/gm)) {
      assert.match(line, /";$/, name);
    }
  }
});

test("no comment imports: Django would look for that file", () => {
  for (const name of all) assert.doesNotMatch(read(name), /^\s*(?:\/\*|\*|\/\/).*import[ ({]+["{]/m, name);
});

test("no markup is made of text, and no style is inline", () => {
  for (const name of all) {
    assert.doesNotMatch(read(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|cssText|setAttribute\("style/, name);
  }
});

test("the client touches neither the page nor the network", () => {
  for (const name of ["inbox-client.js", "acting-client.js", "connection.js", "inbox-state.js", "protocol.js", "backoff.js", "listing.js", "acts.js", "overlays.js", "offline-queue.js", "tab-leader.js", "tab-answers.js", "channel-locks.js", "inbox-lateness.js"]) {
    assert.doesNotMatch(read(name), /\b(document|window|location|localStorage|WebSocket|navigator)\b|[^.#]\bfetch\(/, name);
  }
});

test("what a bell shows has its colours also where the page sets none", () => {
  for (const name of ["bell.css", "row.css", "bell-details.css"]) {
    // Comments may speak of them.
    const style = read(name).replaceAll(/\/\*.*?\*\//gs, "");
    for (const [, what, next] of style.matchAll(/var\((--nb-[a-z-]+)(.)/g)) assert.equal(next, ",", `${name}: ${what} has no default`);
    assert.doesNotMatch(style, /\drem[^,]/, `${name}: the page may have made its rem small`);
  }
  const styles = read("bell.css") + read("row.css") + read("bell-details.css");
  for (const [, name] of styles.matchAll(/var\((--(?!nb-)[a-z-]+)\)/g)) assert.match(styles, new RegExp(`\\n  ${name}: `), name);
});
