import { UsageError, suggestName } from '../errors/index.ts'

/** The words that were given for an option, each one of those that are known; undefined when none was given. */
export function parseChoices<Choice extends string>(
  option: string,
  given: readonly string[] | undefined,
  known: readonly Choice[],
): Choice[] | undefined {
  return given?.map((word) => {
    const choice = known.find((one) => one === word)
    if (choice !== undefined) return choice
    throw new UsageError(
      'USAGE_INVALID',
      `${option} takes ${known.join(', ')}, not ${word}.${suggestName(word, known)}`,
    )
  })
}
