import js from "@eslint/js";
import globals from "globals";

const rules = {
  "array-callback-return": "error",
  curly: ["error", "multi-line"],
  "dot-notation": "error",
  eqeqeq: "error",
  "no-alert": "error",
  "no-console": ["error", { allow: ["warn"] }],
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-new-func": "error",
  "no-param-reassign": "error",
  "no-self-compare": "error",
  "no-shadow": "error",
  "no-template-curly-in-string": "error",
  "no-undef-init": "error",
  "no-unmodified-loop-condition": "error",
  "no-unreachable-loop": "error",
  "no-unused-expressions": ["error", { allowTernary: true, allowShortCircuit: true }],
  "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
  "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
  "no-useless-rename": "error",
  "no-useless-return": "error",
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": "error",
  "prefer-object-spread": "error",
  "prefer-rest-params": "error",
  "prefer-template": "error",
  yoda: "error",
};

export default [
  { ignores: ["bundles/", "node_modules/", ".venv*/", "var/"] },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" }, rules },
  { files: ["*/static/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["config/worker.js"], languageOptions: { globals: { ...globals.serviceworker, NAME: "readonly", KEPT: "readonly" } } },
  { files: ["scripts/inline-styles.js"], languageOptions: { globals: globals.browser } },
  { files: ["scripts/bundle.js", "tests/js/**/*.js"], languageOptions: { globals: globals.node } },
];
