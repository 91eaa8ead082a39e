export { findSnapshot, type Selector, snapshotNamed } from './select.ts'
export { catalogueText, inOrder, parseCatalogue, readableIn } from './text.ts'
