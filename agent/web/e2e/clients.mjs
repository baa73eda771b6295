// Calls a real agent as scripts of other people's making do, by Connect's own client for Node.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node'

const { SEKISHO_WEB, SEKISHO_GRPC, SEKISHO_CA, SEKISHO_TOKEN, SEKISHO_DESCRIPTORS } = process.env
const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(SEKISHO_DESCRIPTORS)),
)
const token = readFileSync(SEKISHO_TOKEN, 'utf8').trim()

const connect = (useBinaryFormat) => (interceptors) =>
  createConnectTransport({
    baseUrl: SEKISHO_WEB,
    httpVersion: '1.1',
    useBinaryFormat,
    interceptors,
  })
const grpc = (interceptors) =>
  createGrpcTransport({
    baseUrl: SEKISHO_GRPC,
    nodeOptions: { ca: readFileSync(SEKISHO_CA) },
    interceptors,
  })
const doors = { 'Connect, JSON': connect(false), 'Connect, binary': connect(true), gRPC: grpc }

const withToken = (next) => (request) => {
  request.header.set('authorization', `Bearer ${token}`)
  return next(request)
}
const clientOf = (door, name, interceptors = [withToken]) =>
  createClient(registry.getService(`sekisho.v1.${name}`), door(interceptors))

async function failure(call) {
  try {
    await call
  } catch (error) {
    return ConnectError.from(error)
  }
  assert.fail('the call should have failed')
}

for (const [name, door] of Object.entries(doors)) {
  const queue = clientOf(door, 'Queue')
  const page = await queue.listProposals({ filter: 'evil.example', limit: 5 })
  assert.equal(page.proposals[0].indicator, 'evil.example', name)
  assert.equal(page.total, 1n, name)

  const missing = await failure(queue.getProposal({ id: 4711n }))
  assert.equal(missing.code, Code.NotFound, name)
  assert.match(missing.rawMessage, /there is no proposal 4711/, name)
  const wrong = await failure(queue.listProposals({ filter: 'nosuch:field' }))
  assert.equal(wrong.code, Code.InvalidArgument, name)
  const stranger = await failure(clientOf(door, 'Queue', []).listProposals({}))
  assert.ok([Code.Unauthenticated, Code.PermissionDenied].includes(stranger.code), name)

  let revision
  for await (const now of clientOf(door, 'Changes').follow({})) {
    if (revision === undefined) {
      revision = now.revision
      await clientOf(door, 'Blocks').addBlock({ indicator: `${name.length}.example`, reason: name })
    } else if (now.revision > revision) {
      break // and so ends the stream
    }
  }
  const unheard = await failure(
    (async () => {
      for await (const _ of clientOf(door, 'Changes', []).follow({})) assert.fail(name)
    })(),
  )
  assert.ok([Code.Unauthenticated, Code.PermissionDenied].includes(unheard.code), name)
  console.log(`${name}: as it should be`)
}
process.exit(0)
