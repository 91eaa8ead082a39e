/** True when two types say the same, whether or not they can be written to; a tuple or a readonly list is a list. */
export type Same<A, B> = Equal<Open<A>, Open<B>>

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
type Open<T> = T extends readonly (infer E)[]
  ? Open<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Open<T[K]> }
    : T

/** True when all of A is of the form of B and has the same keys; B may admit more, such as steps where there are none. */
export type Fits<A, B> = [Open<A>] extends [Open<B>] ? Equal<Keys<A>, Keys<B>> : false

type Keys<T> = T extends unknown ? keyof T : never
