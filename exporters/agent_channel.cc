#include "exporters/agent_channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "platform/tls.h"

namespace exporters {
namespace {

// docs/protocol.md promises these to the agent.
constexpr int ping_interval_ms = 30'000;
constexpr int ping_timeout_ms = 10'000;
constexpr int message_size_max = 4 * 1024 * 1024;

}  // namespace

policy::Result<std::shared_ptr<grpc::Channel>> MakeAgentChannel(const std::string& address,
                                                                const AgentIdentity& identity) {
  auto ca = platform::LoadPem(identity.ca);
  if (!ca) return tl::unexpected(std::move(ca.error()));
  auto certificate = platform::LoadPem(identity.certificate);
  if (!certificate) return tl::unexpected(std::move(certificate.error()));
  auto key = platform::LoadPem(identity.key);
  if (!key) return tl::unexpected(std::move(key.error()));

  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = std::move(*ca);
  tls.pem_cert_chain = std::move(*certificate);
  tls.pem_private_key = std::move(*key);

  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, ping_interval_ms);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, ping_timeout_ms);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Shared connections would outlive their channel, and keep the old certificate.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Lists come from the configured agent alone, whatever the environment says of proxies.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(message_size_max);
  if (!identity.server_name.empty()) arguments.SetSslTargetNameOverride(identity.server_name);
  return grpc::CreateCustomChannel(address, grpc::SslCredentials(tls), arguments);
}

}  // namespace exporters
