import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../../src/errors/index.ts'
import { examineFile, openContainer, openTable } from '../../src/formats/index.ts'
import type { ProcessReading } from './read-in-process.ts'

const [path = '', fileName = ''] = process.argv.slice(2)
const folder = await mkdtemp(join(tmpdir(), 'docketdrop-read-'))
const keys = () => Promise.resolve({ privateKeys: [], senderKeys: [] })
const open = (from: string, name: string) => openContainer(from, name, { folder, keys })

const start = performance.now()
let [rows, filled, problems] = [0, 0, 0]
let code: string | null = null
const { evidence } = await examineFile(path, { fileName, open })
try {
  const opened = await open(path, fileName)
  try {
    const reader = await openTable(opened.path)
    for await (const batch of reader.batches()) {
      rows += batch.length
      for (const row of batch) {
        if (row.cells.length > 0) filled += 1
        if (row.problem) problems += 1
      }
    }
    await reader.close()
  } finally {
    await opened.close()
  }
} catch (error) {
  if (!(error instanceof AppError)) throw error
  code = error.code
}
await rm(folder, { recursive: true })
const ms = Math.round(performance.now() - start)
const reading: ProcessReading = { verdict: evidence.verdict, rows, filled, problems, code, ms }
process.stdout.write(JSON.stringify(reading))
