// Reads sentences out of C++ sources, for tests: whatever is given to what makes an error or a
// refusal, with "{}" for all that is not a string literal.

const starts = [
  /\bFail\(\s*(?:policy::)?ErrorCode::\w+,\s*/g,
  /\bFailAt\([^,;"]*,\s*/g,
  /\bRefuse\(\s*/g,
  /\breturn\s+(?=")/g,
  /\bset_detail\(\s*(?=")/g,
]

// A sentence has a blank and a word beside its values.
const isSentence = (text: string) =>
  /[a-z]{2}/i.test(text.replace(/\{\}/g, '')) && text.includes(' ')

export function sentencesOf(source: string): string[] {
  const code = withoutComments(source)
  const found = starts.flatMap((start) =>
    [...code.matchAll(start)].map((hit) => skeletonOf(restOf(code, hit.index + hit[0].length))),
  )
  return [...new Set(found.filter(isSentence))]
}

// The literals that are parts of sentences, neighbours joined as the compiler does.
export function fragmentsOf(source: string): string[] {
  const code = withoutComments(source).replace(/#include[^\n]*/g, '')
  return [...code.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*/g)]
    .map((hit) =>
      literal(hit[0])
        .replace(/^[.,;:] /, '')
        .trim(),
    )
    .filter((text) => isSentence(text))
}

function withoutComments(source: string): string {
  return source.replace(/("(?:[^"\\\n]|\\.)*")|\/\/[^\n]*/g, (_, quoted) => quoted ?? '')
}

function literal(code: string): string {
  return [...code.matchAll(/"((?:[^"\\]|\\.)*)"/g)]
    .map((hit) => (hit[1] as string).replace(/\\(.)/g, '$1'))
    .join('')
}

// Walks over code from `at`, outside literals; `see` says when to stop.
function walk(code: string, at: number, see: (c: string, depth: number, i: number) => boolean) {
  let depth = 0
  for (let i = at; i < code.length; i++) {
    const skipped = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)')/.exec(code.slice(i, i + 1000))
    if (skipped) {
      i += skipped[0].length - 1
      continue
    }
    const c = code[i] as string
    if (see(c, depth, i)) return i
    if ('([{'.includes(c)) depth++
    if (')]}'.includes(c)) depth--
  }
  return code.length
}

// The rest of the argument or the expression.
function restOf(code: string, at: number): string {
  return code.slice(
    at,
    walk(code, at, (c, depth) => depth === 0 && ')];'.includes(c)),
  )
}

function skeletonOf(expression: string): string {
  const terms: string[] = []
  let last = 0
  walk(expression, 0, (c, depth, i) => {
    if (c === '+' && depth === 0) {
      terms.push(expression.slice(last, i))
      last = i + 1
    }
    return false
  })
  terms.push(expression.slice(last))
  return terms
    .map((term) => term.trim().replace(/^std::string\((".*")\)$/s, '$1'))
    .map((term) => (/^("(?:[^"\\]|\\.)*"\s*)+$/.test(term) ? literal(term) : '{}'))
    .join('')
    .replace(/(\{\})+/g, '{}')
}
