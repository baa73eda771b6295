export interface Line {
  sign: '+' | '-'
  text: string
}

// The lines that are in one of two short texts only, in order: removed before added.
export function linesChanged(before: string, after: string): Line[] {
  const a = before.split('\n')
  const b = after.split('\n')
  // common[i][j]: how many lines the rests from i and j share, at best.
  const common = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  const at = (i: number, j: number) => common[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; --i) {
    const row = common[i] as number[]
    for (let j = b.length - 1; j >= 0; --j) {
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: Line[] = []
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && a[i] === b[j]) {
      ++i
      ++j
    } else if (i < a.length && at(i + 1, j) >= at(i, j + 1)) {
      lines.push({ sign: '-', text: a[i++] as string })
    } else {
      lines.push({ sign: '+', text: b[j++] as string })
    }
  }
  return lines
}
