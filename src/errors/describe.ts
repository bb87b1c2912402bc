import { errorCodes } from './codes.ts'

/** The catalogue as a Markdown table, as it stands in the README. */
export function describeErrors(): string {
  const lines = Object.entries(errorCodes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`)
  return ['| Code | Meaning |', '|---|---|', ...lines].join('\n')
}
