/** Makes a script for a page of what docs/howto shows of a framework: node framework-page.js react ORIGIN. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { compileScript, parse } from "vue/compiler-sfc";

const [, , framework, origin] = process.argv;
const HOWTO = new URL(`../../../docs/howto/${framework}.md`, import.meta.url);
// The page's own part: it sets the user anew, and hears of what is opened.
const ROWS = "const renderItem = ({ title }) => Object.assign(document.createElement('b'), { textContent: title.toUpperCase() });";
const OPENED = "const opened = (event) => { event.preventDefault(); window.opened = event.detail.notification.title; };";
/** @type {Record<string, string>} */
const MAIN = {
  react: `import { StrictMode } from "react"; import { createRoot } from "react-dom/client"; import { Bell } from "shown";
    ${ROWS} ${OPENED}
    const root = createRoot(document.querySelector("#app"));
    window.show = (user) => root.render(user && <StrictMode><Bell user={user} renderItem={renderItem} onOpen={opened} /></StrictMode>);`,
  vue: `import { createApp, h, ref } from "vue"; import Bell from "shown";
    ${ROWS} ${OPENED}
    const user = ref(null);
    createApp(() => user.value && h(Bell, { user: user.value, renderItem, onOpen: opened })).mount("#app");
    window.show = (name) => (user.value = name);`,
};

/** @param {string} language */
function shown(language) {
  const [, block = ""] = readFileSync(HOWTO, "utf8").match(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s")) ?? [];
  return block.replaceAll("https://notify.example", origin);
}

function component() {
  if (framework === "react") return shown("jsx");
  const isCustomElement = (/** @type {string} */ tag) => tag.startsWith("notification-");
  const { descriptor } = parse(shown("vue"), { templateParseOptions: { isCustomElement } });
  return compileScript(descriptor, { id: "bell", inlineTemplate: true, templateOptions: { compilerOptions: { isCustomElement } } }).content;
}

const { outputFiles } = await build({
  bundle: true,
  define: { "process.env.NODE_ENV": '"development"', __VUE_OPTIONS_API__: "true", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
  jsx: "automatic",
  logLevel: "warning",
  plugins: [
    {
      name: "shown",
      setup(builder) {
        builder.onResolve({ filter: /^shown$/ }, () => ({ path: "shown", namespace: "shown" }));
        builder.onLoad({ filter: /./, namespace: "shown" }, () => ({ contents: component(), loader: "jsx", resolveDir: fileURLToPath(new URL(".", import.meta.url)) }));
      },
    },
  ],
  stdin: { contents: MAIN[framework], loader: "jsx", resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
  write: false,
});
process.stdout.write(outputFiles[0].text);
