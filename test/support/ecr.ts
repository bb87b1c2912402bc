/** The columns of the standard ECR. */
export const ecrHeader =
  'Party ID,First Name,Last Name,Party Description,Preferred Language,Phone,Email,Event Date and Time,Event Status,Location Name,Judge Name,Case Number'

/** A year whose hearings all lie ahead. */
export const nextYear = new Date().getUTCFullYear() + 1

/** One row of the standard ECR, plain and good. */
export function ecrRow(
  number: number,
  { date = `03/15/${nextYear} 9:00 AM`, status = 'Scheduled', phone = '' } = {},
): string {
  const digits = String(number).padStart(4, '0')
  return `P${digits},Ana,Lee,Defendant,English,${phone === '' ? `512555${'01' + String(number % 100).padStart(2, '0')}` : phone},,${date},${status},Annex,,CR-${digits}`
}

/** A whole file with CRLF line ends. */
export function ecrFile(rows: readonly string[]): string {
  return `${[ecrHeader, ...rows].join('\r\n')}\r\n`
}

/** The template of the standard ECR, as JSON, which YAML includes. */
export const ecrTemplate = JSON.stringify({
  template: 'nightly',
  columns: {
    'client.reference': 'Party ID',
    'client.firstName': 'First Name',
    'client.lastName': 'Last Name',
    'participant.role': 'Party Description',
    'client.language': 'Preferred Language',
    'contact.phone': 'Phone',
    'contact.email': 'Email',
    'event.startsAt': 'Event Date and Time',
    'event.status': 'Event Status',
    'event.location': 'Location Name',
    'event.judge': 'Judge Name',
    'case.number': 'Case Number',
  },
})
