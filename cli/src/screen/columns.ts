/** Words in columns, for a terminal. */

/** A row with its label in front, as in a form: `Contract:         K-17/2026`. Without a label it goes on with the row before. */
export const labelled = (label: string, value: string, width = 18): string =>
  `${(label && `${label}:`).padEnd(width)}${value}`

/** Rows with columns as wide as they need to be; numbers end where their column ends. */
export function aligned(rows: readonly (readonly string[])[], isNumber: (column: number) => boolean): string[] {
  const [first = []] = rows
  const widths = first.map((_, column) => Math.max(...rows.map((row) => lengthOf(row[column] ?? ''))))
  const padded = (cell: string, column: number) => {
    const blanks = ' '.repeat((widths[column] ?? 0) - lengthOf(cell))
    return isNumber(column) ? blanks + cell : cell + blanks
  }
  return rows.map((row) => row.map(padded).join('  ').trimEnd())
}

const lengthOf = (text: string) => [...text].length
