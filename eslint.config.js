import importX from 'eslint-plugin-import-x'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import tseslint from 'typescript-eslint'

/** Folders from the face of the house down to its foundation. A folder may import from the rows below its own, never from its own row. */
const rows = [
  ['cli'],
  ['app'],
  ['api', 'console'],
  ['sftp', 'import', 'messaging', 'alerts', 'operations'],
  ['records', 'inbox', 'identity'],
  ['agencies'],
  ['audit'],
  ['sample'],
  ['formats', 'senders'],
  ['db'],
  ['log'],
  ['config'],
  ['errors'],
]

/** @param {string} name */
const place = (name) => (name === 'app' ? './src/app.ts' : `./src/${name}`)

/** One zone per folder: what stands above it or beside it is out of reach. */
const zones = rows.flatMap((row, depth) =>
  row.map((folder) => ({
    target: place(folder),
    from: [...rows.slice(0, depth).flat(), ...row.filter((other) => other !== folder), 'main'].map(
      (name) => (name === 'main' ? './src/main.ts' : place(name)),
    ),
    message: 'Imports go down only, never sideways: see "Imports" in README.md.',
  })),
)

const faces = rows
  .flat()
  .filter((name) => name !== 'app')
  .map((name) => ({
    regex: `(^|/)\\.\\./(.*/)?${name}/(?!index\\.ts$)`,
    message: `Import "${name}" through its index.ts.`,
  }))

const knexOnlyInStores = {
  regex: '^knex(/|$)',
  allowTypeImports: false,
  message: 'knex belongs in db/, *-store.ts and records/merge/.',
}

export default tseslint.config(
  { ignores: ['dist', 'var', 'coverage', 'node_modules'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: { project: './test/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    settings: {
      'import-x/resolver-next': [
        createTypeScriptImportResolver({ project: './test/tsconfig.json' }),
      ],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      'import-x/no-default-export': 'error',
      'import-x/order': [
        'error',
        { groups: ['builtin', 'external', ['parent', 'sibling', 'index']] },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      // Parts are plain objects of functions that never use `this`, and streams are known by their shape.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 20],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [...faces, knexOnlyInStores] },
      ],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only config/load.ts reads the environment.',
        },
      ],
      'no-console': 'error',
    },
  },
  {
    files: ['src/db/**/*.ts', 'src/**/*-store.ts', 'src/records/merge/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: faces }] },
  },
  { files: ['src/config/load.ts', 'src/main.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Documents of the command line and rows of the database are read as the contract shapes them.
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [{ from: 'package', name: ['describe', 'it'], package: 'mocha' }],
        },
      ],
      'max-lines': 'off',
    },
  },
)
