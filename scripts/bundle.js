/**
 * Makes bundles/ of the modules and styles in notifications/static, which stay as they are: `make bundles`.
 *
 * One file for what a page loads before it is live, one for what every bell needs then, one for the
 * inbox page, one for the inbox within other pages, and one for each thing that few need, or that is needed
 * once somebody asks for it. What is loaded later has a hash of what it says in
 * its name, so that whoever loads it gets the version that it was made with, whatever serves it.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const SOURCES = join(ROOT, "notifications/static/notifications");
const OUT = join(resolve(process.argv[2] ?? join(ROOT, "bundles")), "notifications");

/** Loaded by few, each for a reason of its own. */
const SELDOM = ["channel-locks", "tab-answers", "tokens", "transports/event-stream", "transports/long-poll"];
/** The words of a language, each loaded by the pages that are in it. */
const WORDS = "words";
/** What every bell needs once it is live; it gives what it is made of to those that come after it. */
const DETAILS = ["bell-details", "services"];
/** What comes after the details where there is such a page or element, with all that it loads at once. */
const AFTER = { inbox: ["inbox-page"], inline: ["inline-inbox"] };
/** What the inbox page loads when its reader asks for it; each is given what it shares with the page. */
const ON_DEMAND = ["coming-back", "inbox-reader", "inbox-search", "inbox-selection", "kept-place", "list-pages", "shortcuts-dialog"];
const TEMPLATES = ["notifications/templates", "templates"].map((folder) => join(ROOT, folder));

/** Styles of shadow roots, which are inside the modules. */
const INLINE = ["bell.css", "bell-details.css"];
const INLINE_STYLES = fileURLToPath(new URL("./inline-styles.js", import.meta.url));

/** @type {Map<string, string>} sources, by their paths -> the file that has them and was made before */
const made = new Map();
/** @type {Map<string, string>} what was made, by the paths that it will have */
const files = new Map();

/** @param {string} name */
const source = (name) => join(SOURCES, name);

/**
 * What is in another bundle is imported from there: later, or at once where `shared` holds it. Of that
 * each name is imported once, however many modules want it.
 * @param {Set<string>} shared
 * @param {string} root from where the bundle will lie to where the others lie
 */
const elsewhere = (shared, root) => ({
  name: "elsewhere",
  /** @param {import("esbuild").PluginBuild} builder */
  setup(builder) {
    builder.onResolve({ filter: /^\./ }, ({ path, kind, importer, resolveDir, namespace }) => {
      if (namespace === "elsewhere") return { path, external: true };
      const wanted = join(resolveDir || dirname(importer), path);
      if (kind !== "dynamic-import") return shared.has(wanted) ? { path: wanted, namespace: "elsewhere", sideEffects: false } : undefined;
      return made.has(wanted) ? { path: `${root}${made.get(wanted)}`, external: true } : undefined;
    });
    builder.onLoad({ filter: /./, namespace: "elsewhere" }, async ({ path }) => {
      const names = await exportsOf(path);
      return { contents: `export { ${names.join(", ")} } from "${root}${made.get(path)}";`, resolveDir: SOURCES };
    });
  },
});

/** @param {string} path of a source */
async function exportsOf(path) {
  const { metafile } = await build({ entryPoints: [path], format: "esm", metafile: true, write: false });
  return Object.values(metafile.outputs)[0].exports;
}

/** @type {import("esbuild").Plugin} */
const inline = {
  name: "inline",
  setup(builder) {
    builder.onLoad({ filter: /\/styles\.js$/ }, () => ({ contents: readFileSync(INLINE_STYLES, "utf8"), resolveDir: SOURCES }));
    builder.onResolve({ filter: /\.css$/ }, ({ path, kind }) => (kind === "import-statement" ? { path: source(path), namespace: "text" } : undefined));
    builder.onLoad({ filter: /./, namespace: "text" }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true });
      return { contents: code.trimEnd(), loader: "text" };
    });
  },
};

/** @param {{from: import("esbuild").BuildOptions, shared?: Set<string>, root?: string}} what */
async function bundled({ from, shared = new Set(), root = "./" }) {
  const result = await build({
    absWorkingDir: SOURCES,
    bundle: true,
    charset: "utf8",
    external: ["*.svg"],
    format: "esm",
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    minify: true,
    outdir: OUT,
    plugins: [inline, elsewhere(shared, root)],
    target: "es2022",
    write: false,
    ...from,
  });
  const inputs = Object.keys(result.metafile.inputs).filter((name) => name.endsWith(".js"));
  return { text: together(result.outputFiles[0].text), inputs: inputs.map(source) };
}

/** With one import of each file, of the names that are used: esbuild leaves one for each module that had one, of all. @param {string} text */
function together(text) {
  /** @type {Record<string, string[]>} */
  const names = {};
  const rest = text.replaceAll(/\bimport *\{([^}]+)\} *from *("[^"]+");/g, (_, some, from) => {
    (names[from] ??= []).push(...some.split(","));
    return "";
  });
  const words = new Set(rest.match(/[\w$]+/g));
  for (const from of Object.keys(names)) names[from] = names[from].filter((name) => words.has(name.split(" as ").pop() ?? ""));
  return Object.entries(names).map(([from, all]) => `import{${all.join(",")}}from${from};`).join("") + rest;
}

/** @param {string} name @param {string} text */
function write(name, text) {
  files.set(join(OUT, name), text);
}

/** All or none: where a module has a mistake in it, the bundles stay as they are. */
function save() {
  rmSync(OUT, { recursive: true, force: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** @param {string} name @param {string} text @returns the name under which it was written */
function writeHashed(name, text) {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  write(`${name}-${hash}.js`, text);
  return `${name}-${hash}.js`;
}

/**
 * A file that others import, of one module or more; the name of that file.
 * @param {string} name
 * @param {string[]} modules
 * @param {Set<string>} [shared]
 */
async function part(name, modules, shared) {
  const contents = modules.map((one) => `export * from "./${one}.js";\n`).join("");
  const { text } = await bundled({ from: { stdin: { contents, resolveDir: SOURCES } }, shared });
  const file = writeHashed(name, text);
  for (const one of modules) made.set(source(`${one}.js`), file);
  return file;
}

/** What these are made of, themselves included. @param {string[]} modules */
async function parts(modules) {
  const contents = modules.map((one) => `import "./${one}.js";\n`).join("");
  return (await bundled({ from: { stdin: { contents, resolveDir: SOURCES } } })).inputs;
}

/** The details, and what others import of them: no module is in both, so each is there once. */
async function details() {
  const ofOthers = new Set(await parts(Object.values(AFTER).flat()));
  const shared = (await parts(DETAILS)).filter((path) => ofOthers.has(path));
  const names = shared.map((path) => path.slice(SOURCES.length + 1, -".js".length));
  const file = await part("details", [...DETAILS, ...names]);
  for (const path of shared) made.set(path, file);
  return new Set(shared);
}

/** What pages name, and other sites: never renamed. */
function entries() {
  const templates = TEMPLATES.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)));
  const texts = templates.filter((path) => path.endsWith(".html")).map((path) => readFileSync(path, "utf8"));
  const names = texts.flatMap((text) => [...text.matchAll(/{% static 'notifications\/([^']+\.js)' %}/g)]);
  return [...new Set(names.map(([, name]) => name))].sort();
}

/** Pages name it, and so it keeps its name. @param {string} name */
async function entry(name) {
  const root = "../".repeat(name.split("/").length - 1) || "./";
  write(name, (await bundled({ from: { entryPoints: [source(name)] }, root })).text);
}

const languages = readdirSync(source(WORDS)).sort();
for (const one of [...languages.map((name) => `${WORDS}/${basename(name, ".js")}`), ...SELDOM]) await part(basename(one), [one]);
const shared = await details();
for (const one of ON_DEMAND) await part(one, [one], shared);
for (const [name, modules] of Object.entries(AFTER)) await part(name, modules, shared);
for (const one of entries()) await entry(one);
const all = readdirSync(SOURCES, { recursive: true, encoding: "utf8" });
for (const one of all.filter((name) => name.endsWith(".css") && !INLINE.includes(name))) await entry(one);
save();
