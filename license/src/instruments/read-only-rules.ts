import type { Writable } from '../manifest.ts'
import type { Change, Holder, Right, Roles } from './rights.ts'

/** Which rights there are to be while nothing may be written, and what has to change for it. Pure. */

/** One object with the rights that are to be there. */
export interface Wanted {
  readonly holder: Holder
  readonly rights: readonly Right[]
}

export const isOfApp = ({ ofApp }: Roles, { grantee }: Right): boolean => grantee === null || ofApp.has(grantee)

/**
 * What is left of the rights that were there before. An exempt table keeps all; of exempt columns the application may
 * change what it could change before. Nothing is given that was not there.
 */
export function readOnlyRights(roles: Roles, { holder, rights }: Wanted, writable: Writable, schema: string): Right[] {
  const exempt = holder.kind === 'table' && holder.schema === schema ? writable[holder.name] : undefined
  if (exempt === 'all') return [...rights]
  const others = rights.filter((right) => !isOfApp(roles, right))
  if (exempt === undefined) return others
  const updates = rights.filter((right) => isOfApp(roles, right) && right.privilege === 'UPDATE')
  const kept = updates.filter(({ column }) => column !== null && exempt.includes(column))
  const couldUpdateAll = updates.some(({ column }) => column === null)
  const added = exempt
    .filter((column) => couldUpdateAll && holder.columns.includes(column))
    .filter((column) => !kept.some((right) => right.column === column && right.grantee === roles.app))
    .map((column) => ({
      ...{ column, grantor: holder.owner, grantee: roles.app },
      ...{ privilege: 'UPDATE', grantable: false },
    }))
  return [...others, ...kept, ...added]
}

/** Rights of a table that was made while default privileges were taken away, as if they had not been. */
export function withDefaults(table: Holder, defaults: readonly Wanted[], owner: string): Right[] {
  if (table.kind !== 'table' || table.owner !== owner) return [...table.rights]
  const given = defaults
    .filter(({ holder }) => holder.schema === '' || holder.schema === table.schema)
    .flatMap(({ rights }) => rights)
  return [...table.rights, ...given.filter((right) => !table.rights.some((own) => same(own, right)))]
}

/** Leaves out what cannot be any more; what a grantor gave whom we cannot act as is given by the owner. */
export function possible(roles: Roles, { holder, rights }: Wanted): Right[] {
  const exists = ({ column, grantee }: Right) =>
    (column === null || holder.columns.includes(column)) && (grantee === null || roles.all.has(grantee))
  return rights.filter(exists).map((right) => {
    const actable = right.grantor === holder.owner || roles.settable.has(right.grantor)
    return actable ? right : { ...right, grantor: holder.owner }
  })
}

/** What the application has that is not wanted. A grantor whom we cannot act as loses the right to give it. */
export function takings(roles: Roles, { holder, rights }: Wanted): Change[] {
  return holder.rights
    .filter((right) => isOfApp(roles, right) && !rights.some((wanted) => equal(wanted, right)))
    .map((right): Change => {
      const actable = right.grantor === holder.owner || roles.settable.has(right.grantor)
      if (actable) return { verb: 'REVOKE', holder, right }
      const giver = { ...right, grantor: holder.owner, grantee: right.grantor, grantable: false }
      return { verb: 'REVOKE GRANT OPTION FOR', holder, right: giver }
    })
}

/** What is wanted, is not there, and can be given now: the others wait for their grantor to get it first. */
export function givings({ holder, rights }: Wanted): Change[] {
  return rights
    .filter((right) => !holder.rights.some((own) => equal(own, right)))
    .filter(
      ({ grantor, privilege, column }) =>
        grantor === holder.owner ||
        holder.rights.some(
          (own) =>
            own.grantable &&
            own.grantee === grantor &&
            own.privilege === privilege &&
            (own.column === null || own.column === column),
        ),
    )
    .map((right) => ({ verb: 'GRANT', holder, right }))
}

const same = (a: Right, b: Right) =>
  a.column === b.column && a.grantor === b.grantor && a.grantee === b.grantee && a.privilege === b.privilege
const equal = (a: Right, b: Right) => same(a, b) && a.grantable === b.grantable
