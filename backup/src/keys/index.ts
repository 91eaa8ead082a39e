export { checkWord, KEY, KEY_ALPHABET, keyLines } from './key-lines.ts'
export { type ParsedCopy, type ParsedSheet, parseSheet } from './parse-sheet.ts'
export {
  isOnSheet,
  MOST_COPIES,
  type Sheet,
  type SheetCopy,
  sheetDigest,
  sheetKeys,
  sheetText,
  sheetWord,
} from './sheet.ts'
export { qrText, sheetHtml } from './sheet-html.ts'
