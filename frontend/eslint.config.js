import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/**
 * A floor may import from the floors below it, and from its own files by "./".
 * @param {string[]} banned
 * @param {string} message
 */
const floor = (banned, message) => {
  const upwards = { group: ["../*"], message: "Import within a folder by ./ and across folders by @/." };
  /** @type {["error", object]} */
  const rule = ["error", { patterns: [upwards, { group: banned, message }] }];
  return { "no-restricted-imports": rule };
};

export default tseslint.config(
  { ignores: ["dist", "coverage", "src/api/generated"] },
  js.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}", "vite.config.ts"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ["./tsconfig.app.json", "./tsconfig.node.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // The router reports a redirect by throwing what `redirect()` returns, which is not an Error.
      "@typescript-eslint/only-throw-error": "off",
    },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    extends: [hooks.configs.flat.recommended],
    rules: {
      "no-console": "error",
      eqeqeq: "error",
      "no-restricted-globals": ["error", { name: "fetch", message: "Use the generated client in @/lib/api." }],
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "Text from repositories, agents and people is never markup.",
        },
      ],
    },
  },
  { files: ["src/lib/**"], rules: floor(["@/app/**", "@/features/**", "@/components/**"], "lib is the lowest floor.") },
  { files: ["src/components/**"], rules: floor(["@/app/**", "@/features/**"], "components know no feature.") },
  {
    files: ["src/features/**"],
    rules: floor(["@/app/**", "@/features/**"], "A feature imports neither the app nor another feature."),
  },
  {
    files: ["scripts/**/*.mjs", "eslint.config.js"],
    languageOptions: {
      globals: { process: "readonly", console: "readonly", URL: "readonly", Buffer: "readonly", performance: "readonly" },
    },
  },
  { files: ["public/**"], languageOptions: { globals: { window: "readonly", document: "readonly" } } },
);
