import type { Queryable, Trx } from '../db/index.ts'
import type { Agency, CertificateAuthority, RevokedCertificate } from './types.ts'

interface CaRow {
  agency_id: number
  ca_id: string
  key_type: string
  public_key: Buffer
  fingerprint: string
  label: string
  created_at: Date
  revoked_at: Date | null
}

interface RevokedRow {
  agency_id: number
  key_id: string
  serial: string | null
  created_at: Date
}

function toAuthority(row: CaRow): CertificateAuthority {
  return {
    caId: row.ca_id,
    agencyId: row.agency_id,
    keyType: row.key_type,
    publicKey: row.public_key,
    fingerprint: row.fingerprint,
    label: row.label,
    revokedAt: row.revoked_at,
    createdAt: row.created_at,
  }
}

function toRevoked(row: RevokedRow): RevokedCertificate {
  return { keyId: row.key_id, serial: row.serial, createdAt: row.created_at }
}

/** All authorities of an agency, revoked ones too, oldest first. */
export async function listCas(
  db: Queryable,
  { agencyId }: Pick<Agency, 'agencyId'>,
): Promise<CertificateAuthority[]> {
  const rows = await db<CaRow>('agency_cas')
    .where({ agency_id: agencyId })
    .orderBy(['created_at', 'ca_id'])
  return rows.map(toAuthority)
}

export async function insertCa(
  trx: Trx,
  row: Pick<CaRow, 'agency_id' | 'ca_id' | 'key_type' | 'public_key' | 'fingerprint' | 'label'>,
): Promise<CertificateAuthority> {
  const [made] = await trx<CaRow>('agency_cas').insert(row).returning('*')
  return toAuthority(made as CaRow)
}

/** Changes the label of an authority that exists. */
export async function renameCa(
  trx: Trx,
  { agencyId, caId }: CertificateAuthority,
  label: string,
): Promise<CertificateAuthority> {
  const [row] = await trx<CaRow>('agency_cas')
    .where({ agency_id: agencyId, ca_id: caId })
    .update({ label })
    .returning('*')
  return toAuthority(row as CaRow)
}

/** Takes the authority out of force at once; the first revocation's time stays. */
export async function revokeCa(
  trx: Trx,
  { agencyId, caId }: CertificateAuthority,
): Promise<CertificateAuthority> {
  const [row] = await trx<CaRow>('agency_cas')
    .where({ agency_id: agencyId, ca_id: caId })
    .update({ revoked_at: trx.raw('coalesce(revoked_at, now())') } as unknown as Partial<CaRow>)
    .returning('*')
  return toAuthority(row as CaRow)
}

/** Certificates of an agency that open nothing any more, oldest first. */
export async function listRevokedCertificates(
  db: Queryable,
  { agencyId }: Pick<Agency, 'agencyId'>,
): Promise<RevokedCertificate[]> {
  const rows = await db<RevokedRow>('revoked_certificates')
    .where({ agency_id: agencyId })
    .orderBy(['created_at', 'key_id'])
  return rows.map(toRevoked)
}

/** Undefined when it was revoked before. */
export async function insertRevokedCertificate(
  trx: Trx,
  row: Pick<RevokedRow, 'agency_id' | 'key_id' | 'serial'>,
): Promise<RevokedCertificate | undefined> {
  const [made] = await trx<RevokedRow>('revoked_certificates')
    .insert(row)
    .onConflict(['agency_id', 'key_id'])
    .ignore()
    .returning('*')
  return made === undefined ? undefined : toRevoked(made)
}
