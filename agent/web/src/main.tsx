import './styles/tokens.css'
import './styles/base.css'
import './styles/components.css'
import './styles/shell.css'
import { render } from 'preact'
import { readSession } from './api/session'
import { App } from './app'

render(<App />, document.getElementById('app') as HTMLElement)
readSession()
