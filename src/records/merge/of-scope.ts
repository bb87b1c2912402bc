/**
 * SQL that is false for what the file of another template brought, unless `:ofAgency`: a file without phones says nothing
 * about the phones of another report. Column names only, never values.
 */
export function isOfScope(uploadId: string): string {
  return `(:ofAgency or not exists (select from uploads u
                                     where u.agency_id = :agencyId and u.upload_id = ${uploadId}
                                       and u.template <> :template))`
}
