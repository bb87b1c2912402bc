import type { Role } from '../../records/index.ts'
import { foldText } from './text.ts'

/**
 * What the file says → the role, compared trimmed and case-folded; a template's `values` come first.
 * Anything else is `other` with a warning; blank is no role at all.
 */
export const roleTable: Readonly<Record<Role, readonly string[]>> = {
  defendant: [
    'Defendant',
    'DEF',
    'DFT',
    'DEFT',
    'DFD',
    'DFND',
    'Accused',
    'Juvenile',
    'Co-Defendant',
    'Defendant - Criminal',
  ],
  respondent: ['Respondent', 'RESP', 'RSP', 'RES', 'RSPN'],
  plaintiff: ['Plaintiff', 'PLT', 'PLF', 'PLN', 'PLTF', 'PL', 'PLA'],
  petitioner: ['Petitioner', 'PET', 'PTR', 'PTNR', 'PETR', 'Applicant'],
  attorney: [
    'Attorney',
    'ATTY',
    'ATT',
    'ATY',
    'Lawyer',
    'Counsel',
    'Defense Attorney',
    'Public Defender',
    'Prosecutor',
    'Prosecuting Attorney',
    'District Attorney',
  ],
  victim: ['Victim', 'VIC', 'VCT', 'VICT', 'Complainant'],
  witness: ['Witness', 'WIT', 'WTN', 'WTNS'],
  juror: ['Juror', 'JUR', 'JRR', 'Prospective Juror'],
  bondsman: [
    'Bondsman',
    'BND',
    'BOND',
    'BNDM',
    'Bail Bondsman',
    'Bail Bond Company',
    'Bond Company',
    'Surety',
  ],
  other: ['Other', 'OTH'],
}

/** Every role that can be stored. */
export const roles = Object.keys(roleTable) as readonly Role[]

const byText: ReadonlyMap<string, Role> = new Map(
  Object.entries(roleTable).flatMap(([role, texts]) =>
    texts.map((text): [string, Role] => [foldText(text), role as Role]),
  ),
)

/** The role a text stands for; undefined when it stands for none. Text must be normalised and not blank. */
export function findRole(text: string): Role | undefined {
  return byText.get(foldText(text))
}
