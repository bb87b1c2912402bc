import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { NewAuditEntry } from '../../src/audit/index.ts'
import { createClientKey, openSftp } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

void [once, connect, createClientKey, openSftp, useHouse, assert]
export type Later = NewAuditEntry
