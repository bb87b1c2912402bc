/** A template that comes with the product. */
export interface ReadyMade {
  /** Also the name that it has once imported. */
  readonly name: string
  /** What it is for, in one line. */
  readonly title: string
  /** YAML, with comments for whoever adapts it. */
  readonly source: string
}
