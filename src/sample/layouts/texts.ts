import type { SampleHearing, SamplePerson } from '../model.ts'

/** `2027-01-05` → `1/5/2027`. */
export function toUsDate(day: string): string {
  const [year, month, date] = day.split('-').map(Number)
  return `${month ?? 0}/${date ?? 0}/${year ?? 0}`
}

/** `13:30` → `1:30 PM`. */
export function toUsTime(time: string): string {
  const [hour = 0, minute = '00'] = time
    .split(':')
    .map((part, at) => (at === 0 ? Number(part) : part))
  const clock = Number(hour) % 12 === 0 ? 12 : Number(hour) % 12
  return `${clock}:${minute} ${Number(hour) < 12 ? 'AM' : 'PM'}`
}

/** A spreadsheet's moment: its UTC parts are what is shown. */
export function toSheetDate({ localDate, localTime }: SampleHearing): Date {
  return new Date(`${localDate}T${localTime}:00Z`)
}

/** `LAST, FIRST MIDDLE SUFFIX` in capitals; a company as it is, in capitals. */
export function toListedName({ firstName, middleName, lastName, suffix }: SamplePerson): string {
  const given = [firstName, middleName, suffix].filter((part) => part !== null).join(' ')
  return (given === '' ? lastName : `${lastName}, ${given}`).toUpperCase()
}

/** `20270105` */
export function toDigits(day: string): string {
  return day.replaceAll('-', '')
}

/** The cell, quoted as RFC 4180 asks, where the delimiter, a quote or a line end stands in it. */
export function quote(cell: string | number | Date, delimiter: string): string {
  const text = String(cell)
  return text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
