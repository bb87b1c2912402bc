import { once } from 'node:events'
import ssh2 from 'ssh2'
import type { SFTPWrapper } from 'ssh2'
import { toSpread } from '../ratios.ts'
import { writeRows } from './material.ts'
import { startServed } from './served.ts'
import type { ServedHome } from './served.ts'

const rows = 10_000
/** So many rows are new every night, and as many have passed. */
const newRows = 500
const pieceBytes = 32_768
const limitMs = 120_000

const call = <Result>(
  act: (done: (error: Error | null | undefined, result: Result) => void) => void,
): Promise<Result> =>
  new Promise((resolve, reject) =>
    act((error, result) => (error ? reject(error) : resolve(result))),
  )

async function connect({ served, key }: ServedHome, account: string): Promise<ssh2.Client> {
  const client = new ssh2.Client()
  const ready = once(client, 'ready')
  client.connect({
    host: '127.0.0.1',
    port: served.sftpPort,
    username: account,
    privateKey: key.privateKey,
  })
  await ready
  client.setNoDelay(true)
  return client
}

/** Sends a file; gives the moment at which its last bytes were handed over. */
async function send(house: ServedHome, name: string, bytes: Buffer): Promise<number> {
  const client = await connect(house, 'court')
  const sftp = await call<SFTPWrapper>((done) => client.sftp(done))
  const handle = await call<Buffer>((done) => sftp.open(`/inbox/${name}`, 'w', done))
  let lastByteAt = 0
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const length = Math.min(pieceBytes, bytes.length - at)
    lastByteAt = Date.now()
    await call<unknown>((done) =>
      sftp.write(handle, bytes, at, length, at, (error) => done(error, 0)),
    )
  }
  await call<unknown>((done) => sftp.close(handle, (error) => done(error, 0)))
  const closed = once(client, 'close')
  client.end()
  await closed
  return lastByteAt
}

async function writeNight(night: number): Promise<Buffer> {
  const skip = night * newRows
  const isChanged = (caseNumber: number) => caseNumber % 20 === night % 20
  let text = ''
  let isFirst = true
  for await (const line of writeRows(skip + rows, isChanged, skip)) {
    text += isFirst || line !== '' ? line : ''
    isFirst = false
  }
  return Buffer.from(text)
}

/** The bell rings when a receipt stands, too: the ring that finds the messages of this file planned counts. */
function awaitPlanned(
  { bell, database }: ServedHome,
  fileName: string,
): Promise<{ uploadId: string; at: number }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no messages were planned')), limitMs)
    const leave = bell.on('docketdrop_done', (uploadId) => {
      const at = Date.now()
      const look = async () => {
        const { rows: found } = await database.db.raw<{ rows: unknown[] }>(
          `select 1 from plan_requests join uploads using (agency_id, upload_id)
            where upload_id = ? and file_name = ? and planned_at is not null`,
          [uploadId, fileName],
        )
        if (found.length === 0) return
        clearTimeout(timer)
        leave()
        resolve({ uploadId, at })
      }
      look().catch(reject)
    })
  })
}

/** Milliseconds between the steps of one file. */
interface Steps {
  readonly whole: number
  readonly received: number
  readonly claimed: number
  readonly imported: number
  readonly planned: number
}

async function runNight(house: ServedHome, night: number): Promise<Steps> {
  const bytes = await writeNight(night)
  const name = `night-${night}.csv`
  const planned = awaitPlanned(house, name)
  const lastByteAt = await send(house, name, bytes)
  const { uploadId, at } = await planned
  const { rows: found } = await house.database.db.raw<{
    rows: {
      state: string
      received_at: Date
      finished_at: Date
      report: { rows: { accepted: number }; timings: { totalMs: number } }
      planned: number
    }[]
  }>(
    `select u.state, u.received_at, u.finished_at, u.report, (p.result ->> 'planned')::int as planned
       from uploads u join plan_requests p using (agency_id, upload_id) where u.upload_id = ?`,
    [uploadId],
  )
  const [upload] = found
  if (upload?.state !== 'imported' || upload.report.rows.accepted !== rows || upload.planned === 0)
    throw new Error(`night ${night}: ${JSON.stringify(upload)}`)
  const received = upload.received_at.getTime()
  const finished = upload.finished_at.getTime()
  const { totalMs } = upload.report.timings
  return {
    whole: at - lastByteAt,
    received: received - lastByteAt,
    claimed: finished - totalMs - received,
    imported: totalMs,
    planned: at - finished,
  }
}

function findPercentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN
}

/** From the last byte over SFTP to committed records and planned messages, night after night of one court. */
export async function benchEndToEnd(files: number, tell: (line: string) => void): Promise<void> {
  const house = await startServed([{ name: 'court', reads: true }])
  const nights: Steps[] = []
  try {
    for (let night = 0; night < files; night += 1) nights.push(await runNight(house, night))
  } finally {
    await house.stop()
  }
  const sorted = nights.map(({ whole }) => whole).sort((one, other) => one - other)
  const shown = [1, 10, 25, 50, 75, 90, 99, 100]
    .map((percent) => `p${percent} ${(findPercentile(sorted, percent) / 1000).toFixed(2)}`)
    .join('  ')
  tell(`last byte to planned messages, ${files} files of ${rows} rows, seconds: ${shown}`)
  const steps = ['received', 'claimed', 'imported', 'planned'] as const
  const parts = steps.map(
    (step) => `${step} ${toSpread(nights.map((night) => night[step])).median.toFixed(0)}`,
  )
  tell(`    milliseconds (median): ${parts.join(', ')}`)
}
