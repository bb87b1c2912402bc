import type { ErrorCode } from '../errors/index.ts'
import type { SampleHearing, SamplePerson, SamplePhone, SampleRole, SampleStatus } from './model.ts'

export type LayoutName =
  'ecr-csv' | 'sqlcmd-txt' | 'windows-1252-semicolon' | 'xlsx-titles' | 'xlsx-positional'

/** Text, a number, or a moment whose UTC parts are what the sheet shows. */
export type Cell = string | number | Date

/** What one row says: a person's role in a hearing, and some of the person's phones. */
export interface Line {
  readonly person: SamplePerson
  readonly phones: readonly SamplePhone[]
  readonly role: SampleRole
  readonly hearing: SampleHearing
  /** Words that stand for nothing known, in place of the right ones. */
  readonly odd?: { readonly language?: string; readonly role?: string; readonly status?: string }
}

/** What must become of a row. */
export type Fate = 'accepted' | 'rejected' | 'duplicate' | 'blank' | 'excluded'

export interface SheetRow {
  readonly cells: readonly Cell[]
  readonly fate: Fate
  /** What it says; null when it says nothing that is kept. */
  readonly line: Line | null
  readonly issues: readonly ErrorCode[]
}

/** The texts that one row of a layout shows. */
export interface Words {
  readonly language: string
  readonly role: string
  readonly status: string
}

/** One way to write a court's night, and what can be read from it. */
export interface Layout {
  /** Column names; also the widths of positional layouts. */
  readonly header: readonly string[]
  /** `one`: a row per phone, as in the standard ECR; `all`: every phone in one row. */
  readonly phonesPerRow: 'one' | 'all'
  readonly language: 'name' | 'code' | 'native'
  readonly roles: Readonly<Record<SampleRole, string>>
  readonly statuses: Readonly<Record<SampleStatus, readonly string[]>>
  /** Which things the template maps. `fullName`: one column `LAST, FIRST MIDDLE SUFFIX`. */
  readonly has: Readonly<
    Record<
      | 'fullName'
      | 'middleName'
      | 'dateOfBirth'
      | 'phoneLabels'
      | 'eventReference'
      | 'type'
      | 'room'
      | 'caseType',
      boolean
    >
  >
  /** Where the Party ID and the date stand, from 0. */
  readonly at: { readonly reference: number; readonly date: number }
  /** Can rows be blank, or have too few cells? Not in a grid. */
  readonly isText: boolean
  /** Blank lines that the layout has by itself. */
  readonly blankLines: number
  /** The text as the layout's character set can hold it. */
  fit(text: string): string
  toCells(line: Line, words: Words): Cell[]
  toFileName(day: string): string
  write(rows: readonly (readonly Cell[])[], day: string): Promise<Buffer>
  /** The upload template that reads it (YAML, design/interface.md §5). */
  readonly template: string
}
