import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import type { Agency } from '../../agencies/index.ts'
import { toCsvLine, toSafeCell } from '../../formats/index.ts'
import { toUploadJson, uploadStates } from '../../inbox/index.ts'
import type { Inbox, Upload } from '../../inbox/index.ts'
import { findPlanResult } from '../../records/index.ts'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import type { OpenHome } from '../open-home.ts'
import { toCell, toFacts, toTable } from '../output.ts'
import { parseChoices } from '../parse-choices.ts'
import { parseCount, parseSeconds } from '../parse-number.ts'
import { renderReport, toReport, toVerdict } from '../upload-verdict.ts'
import { judgeWait, waitForUploads } from '../wait-for-uploads.ts'
import { withWorker } from '../with-worker.ts'

type Work = (home: OpenHome, inbox: Inbox, agency: Agency) => Promise<void>

function renderUploads(uploads: readonly Upload[]): string {
  return toTable(
    ['Received', 'File', 'State', 'Reason', 'Bytes', 'Source', 'Upload'],
    uploads.map((one) => [
      one.receivedAt ?? one.openedAt,
      one.fileName,
      one.state,
      one.reason,
      one.bytes,
      one.source,
      one.uploadId,
    ]),
    'No upload yet.',
  )
}

function renderUpload(upload: Upload): string {
  return toFacts([
    ...Object.entries(toUploadJson(upload)).map(([key, value]) => [key, toCell(value)] as const),
    ['attempts', upload.attempts],
    ['explanation', upload.explanation],
  ])
}

/** `docketdrop uploads …`: what came, and what became of it. */
export function registerUploads(program: Command, context: CliContext): void {
  const { output, actor } = context
  const uploads = program.command('uploads').description('files received, and what became of each')
  const withInbox = (name: string, work: Work) =>
    withHome(context, async (home) => {
      const agency = await home.agencies.get(name)
      await work(home, await home.inbox(), agency)
    })

  uploads
    .command('list <agency>')
    .description('newest first')
    .option('--state <state...>', 'in these states')
    .option('--file <name>', 'of this name')
    .option('--limit <n>', 'the newest ones only')
    .action(
      (name: string, { state, file, limit }: { state?: string[]; file?: string; limit?: string }) =>
        withInbox(name, async (_home, inbox, agency) => {
          const found = await inbox.uploads.list(agency.agencyId, {
            states: parseChoices('--state', state, uploadStates),
            fileName: file,
            limit: parseCount('--limit', limit),
          })
          output.data(found.map(toUploadJson), () => renderUploads(found))
        }),
    )
  uploads
    .command('show <agency> <upload>')
    .description('one upload, by its id or the last 8 digits of it')
    .action((name: string, id: string) =>
      withInbox(name, async (_home, inbox, agency) => {
        const found = await inbox.uploads.get(agency.agencyId, id)
        output.data(toUploadJson(found), () => renderUpload(found))
      }),
    )
  uploads
    .command('report <agency> [upload]')
    .description('what the import did: counts, issues, messages (the newest upload by default)')
    .action((name: string, id: string | undefined) =>
      withInbox(name, async (home, inbox, agency) => {
        const [newest] =
          id === undefined ? await inbox.uploads.list(agency.agencyId, { limit: 1 }) : []
        const found = await inbox.uploads.get(agency.agencyId, id ?? newest?.uploadId ?? '')
        const report = toReport(
          found,
          await findPlanResult(home.db, agency.agencyId, found.uploadId),
        )
        output.data(report, () => renderReport(report, found.attempts))
      }),
    )
  uploads
    .command('rejects <agency> <upload>')
    .description('the rows that were rejected, and why; -o writes the file to mend and send back')
    .option('-o, --output <file>', 'write them as CSV here')
    .action((name: string, id: string, { output: file }: { output?: string }) =>
      withInbox(name, async (_home, inbox, agency) => {
        const found = await inbox.uploads.get(agency.agencyId, id)
        const rejected = await inbox.uploads.listRejectedRows(agency.agencyId, found.uploadId)
        if (file !== undefined)
          await pipeline(inbox.uploads.streamRejects(found), createWriteStream(file))
        output.data(rejected, () =>
          file === undefined
            ? [
                toCsvLine(['row', 'line', 'code', 'message', 'cells']),
                ...rejected.map(({ row, line, cells, issues }) =>
                  toCsvLine([
                    String(row),
                    String(line),
                    issues.map(({ code }) => code).join(' '),
                    issues.map(({ message }) => message).join(' '),
                    ...cells.map(toSafeCell),
                  ]),
                ),
              ]
                .join('')
                .trimEnd()
            : `${rejected.length} rejected row(s) are in ${file}. Mend them and send the file back under the same name.`,
        )
      }),
    )
  uploads
    .command('release <agency> <upload>')
    .description('import a held upload after all')
    .option('--force', 'also when a newer file of its feed was imported already')
    .action((name: string, id: string, { force }: { force?: boolean }) =>
      withInbox(name, async (_home, inbox, agency) => {
        const done = await inbox.uploads.release(agency.agencyId, id, actor, { force })
        output.data(toUploadJson(done), () => `${done.fileName} is queued.`)
      }),
    )
  uploads
    .command('discard <agency> <upload>')
    .description('refuse a held or queued upload for good')
    .action((name: string, id: string) =>
      withInbox(name, async (_home, inbox, agency) => {
        const done = await inbox.uploads.discard(agency.agencyId, id, actor)
        output.data(
          toUploadJson(done),
          () => `${done.fileName} is discarded; the file stands in error/.`,
        )
      }),
    )
  uploads
    .command('retry <agency> <upload>')
    .description('queue a refused, duplicate or undone upload once more, with the newest template')
    .option('--force', 'also when a newer file of its feed was imported already')
    .action((name: string, id: string, { force }: { force?: boolean }) =>
      withInbox(name, async (_home, inbox, agency) => {
        const done = await inbox.uploads.retry(agency.agencyId, id, actor, { force })
        output.data(toUploadJson(done), () => `${done.fileName} is queued again.`)
      }),
    )
  uploads
    .command('undo <agency> <upload>')
    .description('take an import back: the records are again what they were before it')
    .action((name: string, id: string) =>
      withInbox(name, async (_home, inbox, agency) => {
        const { undoImport } = await import('../../import/index.ts')
        const done = await undoImport(inbox, agency.agencyId, id, actor)
        const [newest] = await inbox.uploads.list(agency.agencyId, {
          states: ['imported', 'imported-with-rejects'],
          limit: 1,
        })
        const isLast = newest === undefined || newest.seq < done.seq
        const more = isLast
          ? ''
          : ` What later files only repeated is gone with it: send the newest (${newest.fileName}) again.`
        output.data(
          toUploadJson(done),
          () =>
            `${done.fileName} is undone: the records are as they were before it, and its unsent messages are cancelled.${more}`,
        )
      }),
    )
  uploads
    .command('download <agency> <upload>')
    .description('the original bytes, to a file or to standard output')
    .option('-o, --output <file>', 'write them here')
    .action((name: string, id: string, { output: file }: { output?: string }) =>
      withInbox(name, async (_home, inbox, agency) => {
        const found = await inbox.uploads.get(agency.agencyId, id)
        const source = createReadStream(await inbox.uploads.locate(found))
        if (file === undefined) await pipeline(source, context.streams.stdout, { end: false })
        else {
          await pipeline(source, createWriteStream(file))
          output.data({ uploadId: found.uploadId, file }, () => `Wrote ${file}.`)
        }
      }),
    )
  uploads
    .command('wait <agency>')
    .description('wait until uploads are at rest, receipts stand and messages are planned')
    .option('--file <name>', 'the newest upload of this name, also if it has yet to come')
    .option('--timeout <seconds>', 'how long', '600')
    .action((name: string, { file, timeout }: { file?: string; timeout: string }) =>
      withInbox(name, async (home, inbox, agency) => {
        const timeoutMs = parseSeconds('--timeout', timeout)
        const result = await withWorker(home, () =>
          waitForUploads({ db: home.db, inbox, agency, timeoutMs, fileName: file }),
        )
        const { code, error } = judgeWait(result, timeoutMs)
        context.setExitCode(code)
        const data = result.uploads.map(toUploadJson)
        const render = () =>
          result.uploads.length === 0 ? 'No upload yet.' : result.uploads.map(toVerdict).join('\n')
        if (error === undefined) output.data(data, render)
        else output.dataWithError(data, error, render)
      }),
    )
}
