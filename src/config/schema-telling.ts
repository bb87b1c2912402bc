import { z } from 'zod'
import { days, list } from './setting-kinds.ts'

/** The mail server that takes our e-mail (`smtp.…`). */
export const smtpSettings = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .optional()
      .describe('mail server that takes our e-mail; unset means that no e-mail is sent'),
    port: z.coerce
      .number()
      .int()
      .min(1)
      .max(65535)
      .default(587)
      .describe('port of the mail server'),
    secure: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe(
        'starttls (most often port 587) and tls (465) send nothing unencrypted; none is for a mail server on this machine',
      ),
    user: z.string().min(1).optional().describe('user name at the mail server'),
    password: z
      .string()
      .min(1)
      .optional()
      .describe('password at the mail server; best given by DOCKETDROP_SMTP_PASSWORD_FILE'),
    from: z
      .string()
      .regex(/^[^\s@<>"]+@[^\s@<>"]+$/, 'expected an address such as docketdrop@court.example')
      .optional()
      .describe('address that our e-mail comes from'),
  })
  .refine(({ host, from }) => host === undefined || from !== undefined, {
    path: ['from'],
    error: 'is needed where smtp.host is set',
  })

/** How webhooks are sent, and where they may lead (`webhook.…`). */
export const webhookSettings = z.strictObject({
  timeoutSeconds: z.coerce
    .number()
    .min(0.1)
    .max(60)
    .default(15)
    .describe('time in which the receiver of a webhook has to answer'),
  privateNetworks: list(
    'networks of your own, such as 10.1.0.0/16, that webhooks may reach, also by plain http; all other private addresses are refused',
  ),
})

/** How long things are kept (`retention.…`). */
export const retentionSettings = z.strictObject({
  processedDays: days(400, 'files in processed/ with their receipts and rejects'),
  errorDays: days(90, 'files in error/ with their receipts and texts'),
  outboxDays: days(30, 'receipts and results in outbox/'),
  rejectsDays: days(90, 'rejected rows in the database'),
  alertsDays: days(90, 'alerts that were sent or given up'),
})
