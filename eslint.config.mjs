import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Rules of this house that a machine can check. Each says why in its message. */
const house = [
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'Math.random can be predicted. Use node:crypto.',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'Ask the Clock: a test must be able to move the time.',
  },
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'Ask the Clock; to measure a length of time use performance.now().',
  },
  {
    selector: "CallExpression[callee.name='forwardRef']",
    message: 'Two modules that need each other are one, or hide a third: turn the arrow around.',
  },
];
const environment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Settings are read and validated in one place: src/platform/config/environment.ts.',
};

export default tseslint.config(
  { ignores: ['dist', 'data', 'coverage', 'screenshots', 'bench', 'test/clients'] },
  eslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unsafe-function-type': 'off',
      '@typescript-eslint/only-throw-error': 'error',
      'no-console': 'error',
      eqeqeq: 'error',
      complexity: ['error', 12],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
    },
  },
  { files: ['src/**/*.{ts,tsx}'], rules: { 'no-restricted-syntax': ['error', ...house, environment] } },
  { files: ['src/platform/config/environment.ts'], rules: { 'no-restricted-syntax': ['error', ...house] } },
  { files: ['src/platform/clock/clock.ts'], rules: { 'no-restricted-syntax': ['error', environment] } },
  {
    files: ['test/**/*.ts', 'src/platform/database/migrations/*.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  // What is evaluated in a page can't call what stands outside of it.
  { files: ['test/browser/*.ts'], rules: { complexity: 'off' } },
  {
    // The body of an answer is whatever the server sent: the expectations are what types it.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  {
    files: ['src/pages/assets/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['document', 'fetch', 'URLSearchParams', 'location', 'history', 'CSS'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
  },
  {
    files: ['**/*.{js,cjs,mjs}'],
    languageOptions: {
      globals: {
        require: 'readonly',
        module: 'writable',
        process: 'readonly',
        __dirname: 'readonly',
        __filename: 'readonly',
        console: 'readonly',
      },
    },
  },
);
