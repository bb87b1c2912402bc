/** What a column can be mapped to, in the order in which people read about them. */
export const fields = [
  'client.reference',
  'client.fullName',
  'client.firstName',
  'client.middleName',
  'client.lastName',
  'client.suffix',
  'client.language',
  'client.dateOfBirth',
  'participant.role',
  'contact.phone',
  'contact.email',
  'event.startsAt',
  'event.reference',
  'event.type',
  'event.status',
  'event.location',
  'event.room',
  'event.judge',
  'case.number',
  'case.type',
  'case.status',
  'payment.reference',
  'payment.amount',
  'payment.dueOn',
  'payment.status',
] as const

/** A field of the records, as templates name it. */
export type Field = (typeof fields)[number]

/** Fields that hold a date, so that `formats` means something there. */
export const dateFields: readonly Field[] = [
  'client.dateOfBirth',
  'event.startsAt',
  'payment.dueOn',
]

/** Fields that hold someone else's identifier: kept as text, and a row with a damaged one is rejected. */
export const referenceFields: readonly Field[] = [
  'client.reference',
  'event.reference',
  'case.number',
  'payment.reference',
]

/** True for fields of which a client may have several, so that a list of sources takes all of them. */
export function isContactField(field: Field): boolean {
  return field.startsWith('contact.')
}

/**
 * What each group hangs on: without that field its values would belong to nobody.
 * `participant.role` needs a client; a client's contacts too.
 */
export const groupKeys: Readonly<Record<string, Field>> = {
  client: 'client.reference',
  participant: 'client.reference',
  contact: 'client.reference',
  event: 'event.startsAt',
  case: 'case.number',
  payment: 'payment.reference',
}
