import { languageWeights } from './languages.ts'
import type { SamplePerson, SamplePhone } from './model.ts'
import { areaCodes, companies, firstNames, lastNames, middleNames, suffixes } from './name-pools.ts'
import type { Random } from './random.ts'

const pad = (number: number, width: number) => String(number).padStart(width, '0')

const writings: readonly ((area: string, line: string) => string)[] = [
  (area, line) => `(${area}) 555-${line}`,
  (area, line) => `${area}-555-${line}`,
  (area, line) => `${area}555${line}`,
  (area, line) => `+1 ${area} 555 ${line}`,
  (area, line) => `${area}.555.${line}`,
]

/** A number that exists on paper only, written in one of the ways that clerks use. */
export function createPhone(
  random: Random,
  label: SamplePhone['label'],
  extension: string | null = null,
): SamplePhone {
  const area = random.pick(areaCodes)
  const line = `01${pad(random.int(100), 2)}`
  const text = random.pick(writings)(area, line)
  return {
    text: extension === null ? text : `${text} x${extension}`,
    e164: `+1${area}555${line}`,
    extension,
    label,
  }
}

/** None, one or two different numbers; most people have one. */
function createPhones(random: Random): SamplePhone[] {
  if (random.chance(0.08)) return []
  const first = createPhone(random, 'cell')
  if (!random.chance(0.15)) return [first]
  const second = createPhone(random, 'home')
  return second.e164 === first.e164 ? [first] : [second, first]
}

/** Plain letters for an address: accents, apostrophes and blanks dropped. */
function toPlain(text: string): string {
  return text
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '')
}

/** A party of cases; `index` makes the Party ID, with the leading zeros that spreadsheets like to lose. */
export function createPerson(random: Random, index: number): SamplePerson {
  const firstName = random.pick(firstNames)
  const lastName = random.pick(lastNames)
  const domain = random.pick(['example.com', 'example.org', 'mail.example.net'])
  return {
    reference: pad(index + 1, 7),
    firstName,
    middleName: random.chance(0.35) ? random.pick(middleNames) : null,
    lastName,
    suffix: random.chance(0.08) ? random.pick(suffixes) : null,
    language: random.chance(0.1) ? null : random.pick(languageWeights),
    dateOfBirth: random.chance(0.2)
      ? null
      : `${1945 + random.int(62)}-${pad(1 + random.int(12), 2)}-${pad(1 + random.int(28), 2)}`,
    phones: createPhones(random),
    email: random.chance(0.4)
      ? `${toPlain(firstName)}.${toPlain(lastName)}${index + 1}@${domain}`
      : null,
  }
}

/** An attorney, who stands in many cases and has an extension. */
export function createAttorney(random: Random, index: number): SamplePerson {
  const person = createPerson(random, index)
  const extension = random.chance(0.5) ? String(100 + random.int(900)) : null
  return {
    ...person,
    reference: `ATT-${pad(index + 1, 4)}`,
    language: 0,
    dateOfBirth: null,
    phones: [createPhone(random, 'cell', extension)],
    email: `attorney${index + 1}@law.example.com`,
  }
}

/** A company, with a comma in its name more often than not. */
export function createCompany(random: Random, index: number): SamplePerson {
  return {
    reference: `ORG-${pad(index + 1, 4)}`,
    firstName: null,
    middleName: null,
    lastName: random.pick(companies),
    suffix: null,
    language: null,
    dateOfBirth: null,
    phones: random.chance(0.7) ? [createPhone(random, 'cell')] : [],
    email: `office${index + 1}@company.example.net`,
  }
}
