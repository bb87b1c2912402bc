import { listCourtDays, pickDay, pickTime } from './calendar.ts'
import { defaultWindowDays } from './court.ts'
import { ecr } from './layouts/ecr.ts'
import { quote, toUsDate, toUsTime } from './layouts/texts.ts'
import type { CourtOptions, SamplePerson } from './model.ts'
import { judges, locations } from './name-pools.ts'
import { createAttorney, createPerson } from './people.ts'
import { createRandom } from './random.ts'

export type StreamOptions = Pick<CourtOptions, 'seed' | 'from' | 'windowDays'>

const attorneyCount = 500
const flushAt = 64 * 1024

/**
 * Records of a stream of so many rows; there are as many events as cases. Of every four cases the first three have a defendant
 * and an attorney, the fourth a victim as well: nine rows.
 */
export function countEcrStream(rows: number): { clients: number; cases: number; events: number } {
  const blocks = Math.floor(rows / 9)
  const rest = rows % 9
  const cases = blocks * 4 + Math.ceil(rest / 2)
  const parties = blocks * 5 + Math.ceil(rest / 2)
  const withAttorney = blocks * 4 + Math.floor(rest / 2)
  return { clients: parties + Math.min(attorneyCount, withAttorney), cases, events: cases }
}

/**
 * A large file in the standard ECR, made on the fly in constant memory: chunks of about 64 KiB with exactly `rows`
 * rows below the header. One phone and one hearing per case; 500 attorneys share all cases.
 */
export async function* streamEcr(options: StreamOptions, rows: number): AsyncGenerator<Buffer> {
  const { seed, from, windowDays = defaultWindowDays } = options
  const days = listCourtDays(from, windowDays)
  const attorneys = Array.from({ length: attorneyCount }, (_, index) =>
    createAttorney(createRandom(seed, 'attorney', index), index),
  )
  let text = `${ecr.header.join(',')}\r\n`
  let written = 0
  let people = 0
  for (let index = 0; written < rows; index++) {
    const random = createRandom(seed, 'case', index)
    const caseNumber = `CR-${from.slice(0, 4)}-${String(index + 1).padStart(7, '0')}`
    const start = `${toUsDate(pickDay(random, days))} ${toUsTime(pickTime(random))}`
    const place = [start, 'Scheduled', random.pick(locations), random.pick(judges), caseNumber]
    const tail = place.map((cell) => quote(cell, ',')).join(',')
    const write = (person: SamplePerson, role: string, language: string) => {
      if (written >= rows) return
      const { reference, firstName, lastName, phones, email } = person
      const head = [
        reference,
        firstName ?? '',
        lastName,
        role,
        language,
        phones[0]?.text ?? '',
        email ?? '',
      ]
      text += `${head.join(',')},${tail}\r\n`
      written++
    }
    write(createPerson(random, people++), 'Defendant', random.chance(0.7) ? 'English' : 'Spanish')
    const attorney = attorneys[index % attorneyCount]
    if (attorney !== undefined) write(attorney, 'Attorney', 'English')
    if (index % 4 === 3) write(createPerson(random, people++), 'Victim', 'English')
    if (text.length < flushAt) continue
    yield Buffer.from(text)
    text = ''
    // A consumer that is never slow still lets other work of the process run.
    await Promise.resolve()
  }
  if (text !== '') yield Buffer.from(text)
}
