import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/config/index.ts'

const src = join(packageRoot, 'src')
const rooms = readdirSync(src).filter((name) => statSync(join(src, name)).isDirectory())

describe('the house', () => {
  it('has a face with a header comment in every room, and nothing but re-exports in it', () => {
    for (const room of rooms) {
      const text = readFileSync(join(src, room, 'index.ts'), 'utf8')
      assert.match(text, /^\/\*\*\n \* /, room)
      const code = text
        .replace(/\/\*\*[\s\S]*?\*\//g, '')
        .replace(/export (type )?(\*|\{[^}]*\})( as \w+)? from '[^']+'/g, '')
      assert.equal(code.trim(), '', `${room}/index.ts holds more than re-exports`)
    }
  })

  it('keeps main.ts within 20 lines and app.ts within 150', () => {
    assert.ok(readFileSync(join(src, 'main.ts'), 'utf8').split('\n').length <= 20)
    assert.ok(readFileSync(join(src, 'app.ts'), 'utf8').split('\n').length <= 151)
  })

  it('has nothing at the top level but what the plan names', () => {
    const allowed = [
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'README.md',
      'LICENSE',
      'Dockerfile',
      'docker-compose.yml',
      'eslint.config.js',
      'keys',
      'migrations',
      'src',
      'test',
      'docs',
    ]
    const tracked = execFileSync('git', ['ls-files'], { cwd: packageRoot, encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '')
    const top = new Set(
      tracked.map((path) => path.split('/')[0]!).filter((name) => !name.startsWith('.')),
    )
    assert.deepEqual(
      [...top].filter((name) => !allowed.includes(name)),
      [],
    )
  })

  it('names migrations by time and idea, each with a way back', async () => {
    const files = readdirSync(join(packageRoot, 'migrations'))
    assert.ok(files.length > 0)
    for (const file of files) {
      assert.match(file, /^\d{14}_[a-z_]+\.js$/)
      const migration = (await import(join(packageRoot, 'migrations', file))) as Record<
        string,
        unknown
      >
      assert.equal(typeof migration['up'], 'function', file)
      assert.equal(typeof migration['down'], 'function', file)
    }
  })

  it('pins every dependency exactly', () => {
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(packageRoot, 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
      assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name)
    assert.ok(existsSync(join(packageRoot, 'package-lock.json')))
  })
})
