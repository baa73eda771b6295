import type { Timestamp } from '@bufbuild/protobuf/wkt'
import { useRef, useState } from 'preact/hooks'
import { t } from '../i18n'
import { Dialog } from './dialog'
import { Time } from './parts'

interface Props {
  title: string
  intro: string
  text: string
  expires?: Timestamp
  onClose: () => void
}

// A link or a secret that is shown this once.
export function OneTimeDialog({ title, intro, text, expires, onClose }: Props) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{intro}</p>
      <OneTimeText text={text} />
      <p class="quiet">
        {t('accounts.invitation.until')} <Time at={expires} />
      </p>
      <div class="actions">
        <button type="button" class="primary" onClick={onClose}>
          {t('action.close')}
        </button>
      </div>
    </Dialog>
  )
}

// To copy it, also where the browser lets no script do so.
function OneTimeText({ text }: { text: string }) {
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
