import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'src/generated/**',
      'src/web/generated/**',
      'node_modules/**',
      'data/**',
      'docs/client/**',
      // The site of the documents has its own package.
      'docs/{.vitepress,dist,node_modules}/**',
    ],
  },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: `${import.meta.dirname}/..` },
    },
    rules: {
      // Numbers in messages read better than String(n) everywhere.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Test callbacks and event handlers return promises on purpose.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      // What `using` holds is used by being disposed.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreUsingDeclarations: true }],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: "Property[key.name='repeaterBuffer']",
          message: "yoga's repeaterBuffer shares one buffer between all subscribers: events leak.",
        },
        {
          selector: "ImportSpecifier[imported.name='createPubSub']",
          message: 'createPubSub kills the process when a subscriber stops reading; use core/live.ts.',
        },
      ],
    },
  },
  { files: ['bench/**', 'prisma/**'], rules: { 'no-console': 'off' } },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
);
