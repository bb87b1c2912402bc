import pico from 'picocolors'
import winston from 'winston'

/** One line for people, coloured where that is wanted. */
export const prettyFormat = (hasColor: boolean) => {
  const { red, yellow, cyan, gray, white } = pico.createColors(hasColor)
  const paint: Readonly<Record<string, (text: string) => string>> = {
    error: red,
    warn: yellow,
    info: cyan,
    debug: gray,
  }
  return winston.format.printf(({ level, message, timestamp, ...fields }) => {
    const time = String(timestamp).slice(11, 19)
    const rest = Object.entries(fields)
      .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(' ')
    const word = (paint[level] ?? white)(level.padEnd(5))
    return `${gray(time)} ${word} ${String(message)}${rest === '' ? '' : ` ${gray(rest)}`}`
  })
}
