import pico from 'picocolors'

/** Colours for one stream; each gives the text back as it is where there must be none. */
export type Paint = ReturnType<typeof pico.createColors>

/** Colours only for a person at a terminal who has not asked for none (https://no-color.org). */
export function createPaint(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  const isWanted = (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
  return pico.createColors(stream.isTTY === true && isWanted)
}
