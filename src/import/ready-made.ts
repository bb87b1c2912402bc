import { NotFoundError, suggestName } from '../errors/index.ts'
import { odysseyTemplates } from './ready-made/odyssey.ts'
import { otherTemplates } from './ready-made/other-systems.ts'
import type { ReadyMade } from './ready-made/ready-made.ts'

export type { ReadyMade } from './ready-made/ready-made.ts'

/** The templates that come with the product: those of Odyssey first, the standard report before all. */
export const readyMadeTemplates: readonly ReadyMade[] = [...odysseyTemplates, ...otherTemplates]

/**
 * One of them, by name.
 *
 * @throws {NotFoundError} TEMPLATE_NOT_FOUND, with the nearest name
 */
export function getReadyMade(name: string): ReadyMade {
  const found = readyMadeTemplates.find((one) => one.name === name)
  if (found !== undefined) return found
  const names = readyMadeTemplates.map((one) => one.name)
  throw new NotFoundError(
    'TEMPLATE_NOT_FOUND',
    `No template of the name ${JSON.stringify(name.slice(0, 80))} comes with docketdrop.${suggestName(name, names)}`,
    { hint: 'See them all with: docketdrop template ready-made list' },
  )
}
