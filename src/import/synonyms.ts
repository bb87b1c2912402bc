import type { Field } from './fields.ts'

/** What `suggest` can recognise: the fields, and the two halves of a start that stands in two columns. */
export type Target = Field | 'date' | 'time'

/**
 * Column names seen in court reports, most usual first, `|` between: the standard ECR of Odyssey, its help pages, and the
 * public feeds of reference/odyssey.md §1 to §5. Compared folded.
 */
export const synonyms: Readonly<Record<Target, string>> = {
  'client.reference':
    'party id|client reference|client id|person id|defendant id|def id|entity id|party number|participant id|juror id|person number|pid|dl number|so number',
  'client.fullName':
    'name|full name|party name|defendant name|client name|defendant|party|person name|participant name|respondent name|juror name',
  'client.firstName':
    'first name|given name|first|fname|name first|party first name|defendant first name',
  'client.middleName': 'middle name|middle|mname|name middle|middle initial|mi|party middle name',
  'client.lastName':
    'last name|surname|last|lname|family name|name last|party last name|defendant last name',
  'client.suffix': 'suffix|name suffix|party suffix',
  'client.language':
    'preferred language|language|primary language|lang|interpreter language|language code|spoken language',
  'client.dateOfBirth': 'dob|date of birth|birth date|birthdate|birthday|party dob',
  'participant.role':
    'party description|role|party type|connection type|participant type|role code|party role|connection|extended connection|party connection',
  'contact.phone':
    'phone|phone number|cell phone|mobile phone|home phone|work phone|telephone|cell|mobile|mobile number|telephone number|phone 1|phone 2|primary phone|day phone|party phone|contact phone',
  'contact.email':
    'email|e mail|email address|e mail address|party email|email 1|primary email|contact email',
  'event.startsAt':
    'event date and time|event date time|event datetime|hearing date and time|hearing date time|hearing datetime|setting date and time|court date and time|court date time|start|starts at|start date time|start datetime|appearance date time|datetime|date time',
  date: 'event date|hearing date|court date|setting date|date|appearance date|hrg date|hrg dt|hearing dt|calendar date|session date|start date',
  time: 'event time|hearing time|court time|setting time|time|appearance time|hrg time|hrg tm|start time|session time',
  'event.reference':
    'hearing id|event id|setting id|event reference|appearance id|hearing number|event number',
  'event.type':
    'hearing type|event type|setting type|appearance type|hearing description|event description|call type|hearing type description|hearing',
  'event.status':
    'event status|hearing status|setting status|hearing result|status|result|disposition|event result',
  'event.location':
    'location name|location|court location|courthouse|court|court name|hearing location|event location|building|court facility',
  'event.room': 'courtroom|room|room number|court room|department|dept|room code|session|ctrm',
  'event.judge':
    'judge name|judge|judicial officer|hearing officer|judicial officer name|magistrate|judge full name|officer|presiding judge',
  'case.number':
    'case number|case no|cause number|docket number|case id|cause no|docket no|case|docket|case num|casenumber|case nbr|citation number',
  'case.type': 'case type|case category|case type description|casetype|case class|cause type',
  'case.status': 'case status|case status description',
  'payment.reference':
    'fee id|payment id|payment reference|invoice number|invoice id|assessment id|fee reference|receipt number',
  'payment.amount':
    'amount due|amount|balance|balance due|fee amount|amount owed|total due|payment amount',
  'payment.dueOn': 'due date|payment due date|due on|payment due|date due',
  'payment.status': 'payment status|fee status|invoice status',
}
