#include "agent/server.h"

#include <google/protobuf/message.h>
#include <grpc/health/v1/health.pb.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

namespace agent {
namespace {

// docs/protocol.md: exporters ping every 30 s.
constexpr int ping_interval_min_ms = 20'000;
constexpr int ping_interval_ms = 30'000;
constexpr int ping_timeout_ms = 10'000;
constexpr int message_size_max = 4 * 1024 * 1024;

}  // namespace

policy::Result<Server> StartServer(const ServerSettings& settings,
                                   publish::EnforcementService& enforcement,
                                   api::GrpcDoor& people) {
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = settings.client_ca_pem;
  tls.pem_key_cert_pairs = {{settings.key_pem, settings.certificate_pem}};
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
  builder.AddListeningPort(settings.listen, grpc::SslServerCredentials(tls), &server.port);
  builder.RegisterService(&enforcement);
  people.RegisterWith(builder);
  server.grpc = builder.BuildAndStart();
  if (!server.grpc || server.port == 0) {
    return policy::Fail(
        policy::ErrorCode::unavailable,
        "cannot serve on " + settings.listen + "; is the port taken, or a certificate wrong?");
  }
  return server;
}

}  // namespace agent
