import type { Login } from '@domicile/stacks/apply'
import type { Blueprint, DatabaseSpec } from '@domicile/stacks/plan'

/** The user of PostgreSQL in its container. */
export const POSTGRES_USER = '70'

/** Name of the container that PostgreSQL runs in. */
export const postgresOf = ({ containers }: Pick<Blueprint, 'containers'>): string =>
  containers.find(({ service }) => service === 'postgres')?.name ?? ''

/** Who logs in to the application's database to read all and to write all. */
export const ownerLogin = ({ name, owner, ownerSecret }: DatabaseSpec): Login => ({
  ...{ database: name, role: owner, secret: ownerSecret },
})
