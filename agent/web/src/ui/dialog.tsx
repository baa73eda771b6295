import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

interface Props {
  title: string
  onClose: () => void
  onSubmit?: () => void
  children: ComponentChildren
}

// A modal on the browser's own <dialog>; shown as long as it is rendered.
export function Dialog({ title, onClose, onSubmit, children }: Props) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    box.current?.showModal()
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  const content = (
    <>
      <h2 id={id}>{title}</h2>
      {children}
    </>
  )
  return (
    <dialog ref={box} aria-labelledby={id} onClose={onClose}>
      {onSubmit ? (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            onSubmit()
          }}
        >
          {content}
        </form>
      ) : (
        <div class="body">{content}</div>
      )}
    </dialog>
  )
}
