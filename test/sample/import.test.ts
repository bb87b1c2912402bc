import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFindings } from '../../src/import/findings.ts'
import { parseTemplate } from '../../src/import/parse-template.ts'
import { readTable } from '../../src/import/read-table.ts'
import type { LoadRow } from '../../src/records/index.ts'
import {
  createCourt,
  createNight,
  expectRecords,
  layoutNames,
  templateFor,
  writeNight,
} from '../../src/sample/index.ts'

const timeZone = 'America/Chicago'

/** The different good rows of a file, and what was found on the way. */
async function read(path: string, yaml: string) {
  const findings = createFindings()
  const input = {
    path,
    template: parseTemplate(yaml),
    timeZone,
    region: 'US',
    isRejectsFile: false,
  }
  const table = await readTable(input, findings)
  const good: LoadRow[] = []
  for await (const batch of table.batches()) good.push(...batch.good)
  await table.close()
  const unique = new Map(good.map((row) => [row.fingerprint, row]))
  const { read: all, rejected, excluded, blank } = findings.rows
  const duplicate = good.length - unique.size
  const rows = { read: all, accepted: unique.size, rejected, excluded, duplicate, blank }
  const issues = Object.fromEntries(findings.issues.list().map(({ code, count }) => [code, count]))
  return { rows, issues, good: [...unique.values()] }
}

const sortKeys = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort())
    : value

const unique = (items: readonly unknown[]) =>
  [...new Set(items.map((item) => JSON.stringify(item, sortKeys)))].sort()

describe('a sample file, read by the importer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dd-sample-'))
  after(() => rmSync(folder, { recursive: true }))
  const court = createCourt({
    seed: 'import',
    timeZone,
    from: '2026-11-23',
    people: 150,
    cases: 120,
    events: 200,
  })

  for (const name of layoutNames)
    for (const number of [0, 2])
      it(`says what is expected, as ${name}, night ${number}`, async () => {
        const night = createNight(court, number)
        const { fileName, bytes } = await writeNight(night, name, { dirt: 0.15 })
        const path = join(folder, fileName)
        writeFileSync(path, bytes)
        const expected = expectRecords(night, name, { dirt: 0.15 })
        const { rows, issues, good } = await read(path, templateFor(name))
        assert.deepEqual(rows, expected.rows)
        assert.deepEqual(issues, expected.issues)
        assert.deepEqual(
          unique(good.map(({ client }) => client)),
          unique(
            expected.clients.map(({ clientReference: reference, ...one }) => ({
              reference,
              firstName: one.firstName,
              middleName: one.middleName,
              lastName: one.lastName,
              suffix: one.suffix,
              fullName: one.fullName,
              language: one.language,
              dateOfBirth: one.dateOfBirth,
            })),
          ),
        )
        assert.deepEqual(
          unique(
            good.flatMap(({ client, contacts }) =>
              contacts.map((one) => [
                client?.reference,
                one.channel,
                one.address,
                one.label,
                one.status,
                one.extension,
              ]),
            ),
          ),
          unique(
            expected.contacts.map((one) => [
              one.clientReference,
              one.channel,
              one.address,
              one.label,
              one.status,
              one.extension,
            ]),
          ),
        )
        assert.deepEqual(
          unique(good.map((row) => [row.case?.number, row.case?.type ?? null])),
          unique(expected.cases.map((one) => [one.caseNumber, one.caseType])),
        )
        assert.deepEqual(
          unique(
            good.map(({ case: one, event, client, role, roleText }) => [
              [
                one?.number,
                event?.reference,
                event?.type,
                event?.startsAt,
                event?.localDate,
                event?.localTime,
                event?.timeZone,
              ],
              [event?.status, event?.statusText, event?.location, event?.room, event?.judge],
              [client?.reference, role, roleText],
            ]),
          ),
          unique(
            expected.events.flatMap((one) =>
              one.participants.map((part) => [
                [
                  one.caseNumber,
                  one.eventReference,
                  one.type,
                  one.startsAt,
                  one.localDate,
                  one.localTime,
                  one.timeZone,
                ],
                [one.status, one.statusText, one.location, one.room, one.judge],
                [part.clientReference, part.role, part.roleText],
              ]),
            ),
          ),
        )
      })
})
