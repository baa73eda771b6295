import { useRef, useState } from 'preact/hooks'
import { t } from '../i18n'

// What is shown this once: to copy it, also where the browser lets no script do so.
export function OneTimeText({ text }: { text: string }) {
  const box = useRef<HTMLElement>(null)
  const [isCopied, setIsCopied] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setIsCopied(true)
    } catch {
      getSelection()?.selectAllChildren(box.current as HTMLElement)
    }
  }
  return (
    <div class="stack tight">
      <code ref={box}>{text}</code>
      <div class="row">
        <button type="button" onClick={copy}>
          {t('evidence.copy')}
        </button>
        <span role="status">{isCopied && t('action.copied')}</span>
      </div>
    </div>
  )
}
