// A real OpenID provider for the story of sign_on.mjs: node provider.mjs PORT PAGE_ORIGIN. Anybody
// logs in by any name and password; the name before "-" is the group. Ends with its standard input.
import { generateKeyPairSync } from 'node:crypto'
import Provider from 'oidc-provider'

const [port, page] = process.argv.slice(2)
// Another site than the page, as providers are: its cookies have to come through that.
const issuer = `http://localhost:${port}`
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'sekisho',
      client_secret: 'a secret of the story',
      redirect_uris: [`${page}/single-sign-on`],
    },
  ],
  pkce: { methods: ['S256'], required: () => true },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', kid: 'story' }] },
  cookies: { keys: ['the story'] },
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
  conformIdTokenClaims: false,
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({ sub, preferred_username: sub, groups: [sub.split('-')[0]] }),
  }),
})
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'))
process.stdin.on('end', () => process.exit(0)).resume()
