import { FileError } from '../errors/index.ts'

/** The fault of a workbook that would cost more than any report. */
export function toBombFault(what: string, context: Record<string, number>): FileError {
  return new FileError('ARCHIVE_BOMB', `The workbook has ${what}; it was not opened.`, {
    context,
    hint: 'Save the report again from Excel, or send it as CSV.',
  })
}

/** The fault of a workbook whose bytes are not what its directory says. */
export function toCorruptFault(cause: Error): FileError {
  return new FileError(
    'WORKBOOK_CORRUPT',
    `The workbook is damaged or cut off (${cause.message}).`,
    {
      cause,
      hint: 'Send the file again, and let the transfer finish.',
    },
  )
}

/** The fault of a workbook that declares entities of its own, which could grow or reach out. */
export function toDocumentTypeFault(): FileError {
  return new FileError(
    'FORMAT_UNSUPPORTED',
    'The workbook holds an XML document type, which no spreadsheet program writes.',
    { hint: 'Open it in Excel, save it as .xlsx and send it again.' },
  )
}
