import { z } from 'zod'

/** A port to listen on. */
export const port = (fallback: number, what: string) =>
  z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(fallback)
    .describe(`${what}; 0 picks a free one`)

/** On or off, in the words that people write. */
export const flag = (fallback: boolean, what: string) =>
  z
    .union([z.boolean(), z.enum(['true', 'false', '1', '0', 'yes', 'no'])])
    .default(fallback)
    .transform((value) => value === true || value === 'true' || value === '1' || value === 'yes')
    .describe(what)

/** Days that something is kept. */
export const days = (fallback: number, what: string) =>
  z.coerce
    .number()
    .int()
    .min(0)
    .max(36_500)
    .default(fallback)
    .describe(`days that we keep ${what}; 0 keeps them for ever`)

/** Several values in one variable, parted by commas; a list in the configuration file. */
export const list = (what: string) =>
  z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((value) =>
      (typeof value === 'string' ? value.split(',') : value)
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .describe(`${what}; several are parted by commas`)
