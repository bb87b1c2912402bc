import pico from 'picocolors'
import winston from 'winston'

const paint: Readonly<Record<string, (text: string) => string>> = {
  error: pico.red,
  warn: pico.yellow,
  info: pico.cyan,
  debug: pico.gray,
}

/** One coloured line for people at a terminal. */
export const prettyFormat = () =>
  winston.format.printf(({ level, message, timestamp, ...fields }) => {
    const time = String(timestamp).slice(11, 19)
    const rest = Object.entries(fields)
      .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(' ')
    const word = (paint[level] ?? pico.white)(level.padEnd(5))
    return `${pico.gray(time)} ${word} ${String(message)}${rest === '' ? '' : ` ${pico.gray(rest)}`}`
  })
