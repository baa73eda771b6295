// An entry of the block history as people read it (docs/history_format.md, section 1). What is
// hashed and proved are the bytes, never this.
export interface LeafText {
  at: string
  actor: string
  action: string
  subject: string
  indicator?: string // where the subject is one
  reason?: string
  whole: unknown
}

export function readLeaf(bytes: Uint8Array): LeafText | undefined {
  try {
    const whole = JSON.parse(new TextDecoder().decode(bytes))
    const subject = String(whole.subject)
    const reason = whole.detail?.reason
    return {
      at: String(whole.at),
      actor: String(whole.actor),
      action: String(whole.action),
      subject,
      indicator: /^(?:domain|ip|url) (.+)$/.exec(subject)?.[1],
      reason: typeof reason === 'string' ? reason : undefined,
      whole,
    }
  } catch {
    return undefined
  }
}
