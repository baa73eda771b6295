#include "agent/server.h"

#include <google/protobuf/message.h>
#include <grpc/health/v1/health.pb.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/server_builder.h>

#include "platform/tls.h"

namespace agent {
namespace {

// docs/protocol.md: exporters ping every 30 s.
constexpr int ping_interval_min_ms = 20'000;
constexpr int ping_interval_ms = 30'000;
constexpr int ping_timeout_ms = 10'000;
constexpr int message_size_max = 4 * 1024 * 1024;
constexpr unsigned int reread_interval_s = 2;

// gRPC only logs what is wrong with files, and serves nobody.
policy::Result<void> CheckFiles(const ServerSettings& settings) {
  const auto certificate = platform::LoadPem(settings.certificate);
  if (!certificate) return tl::unexpected(certificate.error());
  const auto key = platform::LoadPem(settings.key);
  if (!key) return tl::unexpected(key.error());
  if (auto client_ca = platform::LoadPem(settings.client_ca); !client_ca) {
    return tl::unexpected(client_ca.error());
  }
  auto fits = platform::CheckKeyPair(*certificate, *key);
  if (fits) return fits;
  return policy::Fail(fits.error().code, settings.key.string() + " is not the key of " +
                                             settings.certificate.string() + ": " +
                                             fits.error().detail);
}

// gRPC's only credentials that take renewed files; still in its namespace `experimental`.
std::shared_ptr<grpc::ServerCredentials> CredentialsOf(const ServerSettings& settings) {
  namespace tls = grpc::experimental;
  tls::TlsServerCredentialsOptions options(std::make_shared<tls::FileWatcherCertificateProvider>(
      settings.key.string(), settings.certificate.string(), settings.client_ca.string(),
      reread_interval_s));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  // The chain is verified all the same; a client has no host name that could be checked.
  options.set_certificate_verifier(std::make_shared<tls::NoOpCertificateVerifier>());
  options.set_check_call_host(false);
  return tls::TlsServerCredentials(options);
}

}  // namespace

policy::Result<Server> StartServer(const ServerSettings& settings,
                                   publish::EnforcementService& enforcement,
                                   api::GrpcDoor& people) {
  if (auto good = CheckFiles(settings); !good) return tl::unexpected(good.error());
  Server server{nullptr, 0};
  grpc::EnableDefaultHealthCheckService(true);
  // Which nothing else refers to, so that the linker would leave it out.
  google::protobuf::LinkMessageReflection<grpc::health::v1::HealthCheckRequest>();
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  // Two agents on one port would share its calls between them.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             ping_interval_min_ms);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, ping_interval_ms);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, ping_timeout_ms);
  builder.SetMaxReceiveMessageSize(message_size_max);
  builder.AddListeningPort(settings.listen, CredentialsOf(settings), &server.port);
  builder.RegisterService(&enforcement);
  people.RegisterWith(builder);
  server.grpc = builder.BuildAndStart();
  if (!server.grpc || server.port == 0) {
    return policy::Fail(policy::ErrorCode::unavailable,
                        "cannot serve on " + settings.listen + "; is the port taken?");
  }
  return server;
}

}  // namespace agent
