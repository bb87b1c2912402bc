import { FileError } from '../errors/index.ts'
import type { TemplateTest } from '../import/index.ts'

/** The error of a file that would be refused or held (exit 6); undefined when its rows would be imported. */
export function toTestError({ verdict, report }: TemplateTest): FileError | undefined {
  if (verdict !== 'refused' && verdict !== 'held') return undefined
  const { reason, explanation } = report
  const hint =
    verdict === 'held'
      ? 'Nothing was saved. An upload of this file would wait until somebody releases or discards it (docketdrop uploads).'
      : 'Mend the file or the template; nothing was saved.'
  return new FileError(reason ?? 'FILE_MALFORMED', explanation ?? `The file would be ${verdict}.`, {
    hint,
  })
}
