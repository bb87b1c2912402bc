import { FileError } from '../errors/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import type { FileKind } from './recognise-kind.ts'
import type { Format } from './types.ts'

interface Refusal {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string
}

const saveAs = 'Save it as CSV or as .xlsx and send it again.'

/** One sentence for each kind of file that courts send by mistake. */
const refusals: Readonly<Record<Exclude<FileKind, 'text' | 'xlsx'>, Refusal>> = {
  empty: {
    code: 'FILE_EMPTY',
    message: 'The file has no bytes.',
    hint: 'Look at the job that wrote it: the report may have failed, or there was nothing to report.',
  },
  binary: {
    code: 'BINARY_CONTENT',
    message: 'The file holds binary data where text was expected.',
    hint: 'Send the report as CSV, delimited text or .xlsx.',
  },
  pdf: {
    code: 'FORMAT_UNSUPPORTED',
    message: 'The file is a PDF, which cannot be read as a table.',
    hint: 'Export the same report as CSV or .xlsx.',
  },
  gzip: {
    code: 'FORMAT_UNSUPPORTED',
    message: 'The file is packed with gzip.',
    hint: 'Send it unpacked.',
  },
  zip: {
    code: 'FORMAT_UNSUPPORTED',
    message: 'The file is a zip archive and not an Excel workbook.',
    hint: 'Send the file that is inside of it.',
  },
  pgp: {
    code: 'FORMAT_UNSUPPORTED',
    message: 'The file is encrypted with OpenPGP.',
    hint: 'Decrypt it first; the server itself opens what is encrypted for the key of the agency.',
  },
  html: {
    code: 'FORMAT_UNSUPPORTED',
    message: 'The file is a web page (HTML), though its name may say otherwise.',
    hint: `Open it in Excel. ${saveAs}`,
  },
  xml: {
    code: 'FORMAT_UNSUPPORTED',
    message: 'The file is XML, which cannot be read as a table.',
    hint: `If Excel opens it: ${saveAs.charAt(0).toLowerCase()}${saveAs.slice(1)}`,
  },
  xls: {
    code: 'WORKBOOK_LEGACY',
    message: 'The file is a workbook of the old .xls kind (Excel 97-2003).',
    hint: saveAs,
  },
  'workbook-encrypted': {
    code: 'WORKBOOK_ENCRYPTED',
    message: 'The workbook is protected by a password.',
    hint: 'Save it without a password and send it again; the connection itself is encrypted.',
  },
  xlsb: {
    code: 'FORMAT_UNSUPPORTED',
    message: 'The file is a binary Excel workbook (.xlsb).',
    hint: saveAs,
  },
  ods: {
    code: 'FORMAT_UNSUPPORTED',
    message: 'The file is an OpenDocument spreadsheet (.ods).',
    hint: saveAs,
  },
  'xlsx-macros': {
    code: 'FORMAT_UNSUPPORTED',
    message: 'The workbook contains macros (.xlsm), which are never opened here.',
    hint: saveAs,
  },
  'xlsx-damaged': {
    code: 'WORKBOOK_CORRUPT',
    message:
      'The workbook is damaged or cut off: its table of contents, which stands at the end, is missing.',
    hint: 'Send the file again, and let the transfer finish.',
  },
}

/**
 * The way a file is to be read: the template's word where it fits the bytes.
 *
 * @throws FileError FILE_EMPTY, BINARY_CONTENT, FORMAT_UNSUPPORTED, WORKBOOK_LEGACY, WORKBOOK_ENCRYPTED, WORKBOOK_CORRUPT
 */
export function assertReadable(kind: FileKind, wanted: Format | 'auto'): 'text' | 'xlsx' {
  if (kind !== 'text' && kind !== 'xlsx') {
    const { code, message, hint } = refusals[kind]
    throw new FileError(code, message, { hint, context: { kind } })
  }
  if (wanted === 'auto' || (wanted === 'xlsx') === (kind === 'xlsx')) return kind
  throw new FileError(
    'FORMAT_UNSUPPORTED',
    kind === 'xlsx'
      ? `The template reads ${wanted} text, but the file is an Excel workbook.`
      : 'The template reads Excel workbooks, but the file is text, whatever its name says.',
    {
      hint: 'Set "format: auto" in the template, or send the other kind.',
      context: { kind, wanted },
    },
  )
}
