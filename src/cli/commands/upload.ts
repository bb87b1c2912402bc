import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Command } from 'commander'
import type { Agency } from '../../agencies/index.ts'
import { toUploadJson } from '../../inbox/index.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { withHome } from '../open-home.ts'
import type { OpenHome } from '../open-home.ts'
import { parseSeconds } from '../parse-number.ts'
import { startProgress } from '../progress.ts'
import { toPathError } from '../read-input.ts'
import { toTestError } from '../to-test-error.ts'
import { tryTemplate } from '../try-template.ts'
import { toVerdict } from '../upload-verdict.ts'
import { judgeWait, waitForUploads } from '../wait-for-uploads.ts'
import { withWorker } from '../with-worker.ts'

interface UploadOptions {
  template?: string
  dryRun?: boolean
  wait?: boolean
  timeout: string
}

async function getSize(file: string): Promise<number> {
  try {
    const found = await stat(file)
    if (found.isFile()) return found.size
  } catch (cause) {
    throw toPathError(file, cause)
  }
  throw toPathError(file, undefined)
}

async function* countBytes(file: string, tell: (bytes: number) => void): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
    bytes += (chunk as Buffer).length
    tell(bytes)
    yield chunk as Buffer
  }
}

async function testOnly(
  context: CliContext,
  home: OpenHome,
  agency: Agency,
  file: string,
  template: string | undefined,
): Promise<void> {
  const templates = await home.templates()
  const chosen = await templates.choose(agency.agencyId, basename(file), template)
  const result = await tryTemplate(home, agency.agencyId, chosen.template, file)
  const { rows } = result.report
  const say = () =>
    `Nothing was saved. With ${chosen.template} this file would end as ${result.verdict}: ${rows.accepted} of ${rows.read} rows.`
  const error = toTestError(result)
  if (error !== undefined) {
    context.setExitCode(exitCodes.fileRefused)
    context.output.dataWithError(result, error, say)
    return
  }
  if (result.verdict === 'imported-with-rejects') context.setExitCode(exitCodes.rejects)
  context.output.data(result, say)
}

/** `docketdrop upload <agency> <file>`: the same door as SFTP. */
export function registerUpload(program: Command, context: CliContext): void {
  const { output, actor } = context
  program
    .command('upload <agency> <file>')
    .description('hand a file over by hand, by the same door as SFTP')
    .option('--template <template>', 'read it with this template, whatever the feeds say')
    .option('--dry-run', 'read it and save nothing')
    .option('--wait', 'wait until it is imported and its messages are planned')
    .option('--timeout <seconds>', 'how long to wait', '600')
    .action((name: string, file: string, options: UploadOptions) =>
      withHome(context, async (home) => {
        const agency = await home.agencies.get(name)
        const size = await getSize(file)
        if (options.dryRun === true) return testOnly(context, home, agency, file, options.template)
        if (options.template !== undefined)
          await (await home.templates()).get(agency.agencyId, options.template)
        const inbox = await home.inbox()
        const bar = startProgress(context, 'handing over', size)
        const sender = { agency, account: actor.replace(/^cli:/, ''), source: 'cli' as const }
        const upload = await inbox.receiving.receiveWhole(
          sender,
          basename(file),
          countBytes(file, bar.update),
          { template: options.template },
        )
        bar.stop()
        if (options.wait !== true) {
          output.data(
            toUploadJson(upload),
            () =>
              `${upload.fileName} is received as ${upload.uploadId}. Follow it with \`docketdrop uploads wait ${name}\`.`,
          )
          return
        }
        const timeoutMs = parseSeconds('--timeout', options.timeout)
        const result = await withWorker(home, () =>
          waitForUploads({ db: home.db, inbox, agency, timeoutMs, uploadId: upload.uploadId }),
        )
        const { code, error } = judgeWait(result, timeoutMs)
        const [last = upload] = result.uploads
        context.setExitCode(code)
        if (error === undefined) output.data(toUploadJson(last), () => toVerdict(last))
        else output.dataWithError(toUploadJson(last), error, () => toVerdict(last))
      }),
    )
}
