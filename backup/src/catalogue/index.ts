export { findSnapshot, type Selector, snapshotBefore, snapshotNamed } from './select.ts'
export { catalogueText, inOrder, parseCatalogue, readableIn } from './text.ts'
