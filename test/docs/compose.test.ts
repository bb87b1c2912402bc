import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { listSettings, packageRoot } from '../../src/config/index.ts'

interface Service {
  image: string
  user: string
  read_only: boolean
  cap_drop: string[]
  security_opt: string[]
  environment: Record<string, string>
  volumes: string[]
  ports?: string[]
  healthcheck: { test: string[] }
  depends_on?: Record<string, { condition: string }>
  secrets: string[]
}

interface Compose {
  services: Record<string, Service>
  volumes: Record<string, unknown>
  secrets: Record<string, { file: string }>
}

describe('docker-compose.yml', () => {
  const compose = parse(readFileSync(join(packageRoot, 'docker-compose.yml'), 'utf8'), {
    merge: true,
  }) as Compose
  const { app, db } = compose.services

  it('runs PostgreSQL 18 and keeps its data where that image expects it', () => {
    assert.match(db!.image, /^postgres:18/)
    assert.ok(db!.volumes.some((volume) => volume.endsWith(':/var/lib/postgresql')))
  })

  it('runs nothing as root, with no capability and a read-only root', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      assert.ok(service.user && !/^(root|0)(:|$)/.test(service.user), name)
      assert.equal(service.read_only, true, name)
      assert.deepEqual(service.cap_drop, ['ALL'], name)
      assert.ok(service.security_opt.includes('no-new-privileges:true'), name)
    }
  })

  it('checks the health of both, and starts the server only beside a healthy database', () => {
    assert.match(db!.healthcheck.test.join(' '), /pg_isready/)
    assert.match(app!.healthcheck.test.join(' '), /readyz/)
    assert.equal(app!.depends_on?.['db']?.condition, 'service_healthy')
  })

  it('hands secrets over as files and names only settings that exist', () => {
    const known = listSettings().flatMap(({ variable }) => [variable, `${variable}_FILE`])
    for (const name of Object.keys(app!.environment)) assert.ok(known.includes(name), name)
    assert.ok('DATABASE_URL_FILE' in app!.environment)
    assert.doesNotMatch(JSON.stringify(compose), /postgres:\/\/[^"]*:[^"@]*@/)
    for (const service of Object.values(compose.services)) {
      for (const secret of service.secrets) assert.ok(secret in compose.secrets, secret)
    }
  })

  it('declares every volume that it mounts, and publishes SFTP but keeps the Console on loopback', () => {
    for (const service of Object.values(compose.services)) {
      for (const volume of service.volumes)
        assert.ok(volume.split(':')[0]! in compose.volumes, volume)
    }
    assert.deepEqual(app!.ports, ['2022:2022', '127.0.0.1:8080:8080'])
  })
})

describe('Dockerfile', () => {
  const lines = readFileSync(join(packageRoot, 'Dockerfile'), 'utf8').split('\n')
  const final = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')))

  it('ends as a user that is not root, with a passwd entry, a health check and volumes for what must survive', () => {
    assert.ok(final.some((line) => /^USER 10001:10001$/.test(line)))
    assert.ok(final.some((line) => line.includes('useradd --uid 10001')))
    assert.ok(final.some((line) => line.startsWith('HEALTHCHECK')))
    assert.ok(final.some((line) => /^VOLUME \["\/data", "\/keys"\]$/.test(line)))
  })

  it('is built on the recommended Node', () => {
    assert.match(final[0]!, /^FROM node:24-/)
  })

  it('copies only files that the checkout has', () => {
    const sources = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(/\s+/).slice(1, -1))
    assert.ok(sources.length >= 5)
    for (const source of sources) assert.ok(existsSync(join(packageRoot, source)), source)
  })
})
