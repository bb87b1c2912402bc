/** Days that things are kept; 0: for ever. The names are those of the configuration (`retention.…`). */
export interface RetentionSettings {
  readonly processedDays: number
  readonly errorDays: number
  readonly outboxDays: number
  readonly rejectsDays: number
}

/** What retention has removed, or would remove. */
export interface RetentionFigures {
  /** Originals; each goes with its receipt and texts. */
  readonly processed: { readonly files: number; readonly bytes: number }
  readonly error: { readonly files: number; readonly bytes: number }
  readonly outbox: { readonly files: number }
  readonly rejectedRows: number
}
