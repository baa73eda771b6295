#include "tests/agent/api_server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <future>
#include <vector>

#include "policy/digest.h"

namespace agent::api::testing {
namespace {

// gRPC reads the real clock.
platform::Validity Always() {
  return {policy::ParseTime("2020-01-01").value(), policy::ParseTime("2049-01-01").value()};
}

}  // namespace

AccessSettings OneOfEachRole() {
  AccessSettings settings;
  for (const Role role : people::all_roles) {
    const std::string name(Name(role));
    settings.tokens.push_back({name + "-name", role, Digest(name + "-token"), std::nullopt});
    settings.certificates.push_back({name + ".people.test", name + "-name", role});
  }
  settings.tokens.push_back({"second-name", Role::approver, Digest("second-token"), std::nullopt});
  settings.tokens.push_back(
      {"old-name", Role::approver, Digest("old-token"), policy::ParseTime("2020-01-01").value()});
  return settings;
}

std::string Digest(const std::string& token) {
  return policy::ToHex(policy::Sha256Of(token));
}

ApiServer::ApiServer(const MethodTable& methods, const platform::Clock& clock,
                     people::People* people, std::size_t threads, std::size_t queue_depth_max)
    : ca_(platform::MakeCa("test CA", Always()).value()),
      gate_(Identities::From(OneOfEachRole()).value(), people, clock),
      pool_(threads, queue_depth_max),
      door_(methods, gate_, pool_, [this](std::string_view) { return is_revoked_.load(); }) {
  platform::CertificateRequest request;
  request.common_name = "agent";
  request.ip_addresses = {"127.0.0.1"};
  const auto own = platform::IssueCertificate(ca_, request, Always()).value();
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = ca_.certificate_pem;
  tls.pem_key_cert_pairs = {{own.key_pem, own.certificate_pem}};
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port_);
  door_.RegisterWith(builder);
  server_ = builder.BuildAndStart();
}

ApiServer::~ApiServer() {
  server_->Shutdown(std::chrono::system_clock::now());
}

std::shared_ptr<grpc::Channel> ApiServer::Connect(const std::string& certificate_name) const {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ca_.certificate_pem;
  if (!certificate_name.empty()) {
    platform::CertificateRequest request;
    request.common_name = "somebody";
    request.dns_names = {certificate_name};
    request.for_server = false;
    request.for_client = true;
    const auto own = platform::IssueCertificate(ca_, request, Always()).value();
    tls.pem_cert_chain = own.certificate_pem;
    tls.pem_private_key = own.key_pem;
  }
  // A channel of its own: gRPC shares connections between equal ones.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port_), grpc::SslCredentials(tls),
                                   arguments);
}

void Authorise(grpc::ClientContext& context, const std::string& token) {
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
}

RawAnswer CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                  const std::string& token, const std::string& request) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  Authorise(context, token);
  const grpc::Slice slice(request);
  grpc::ByteBuffer sent(&slice, 1);
  grpc::ByteBuffer received;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, method, grpc::StubOptions(), &sent, &received,
                 [&](grpc::Status status) { done.set_value(std::move(status)); });
  RawAnswer answer{done.get_future().get(), ""};
  std::vector<grpc::Slice> slices;
  if (answer.status.ok() && received.Dump(&slices).ok()) {
    for (const grpc::Slice& each : slices) {
      answer.bytes.append(reinterpret_cast<const char*>(each.begin()), each.size());
    }
  }
  return answer;
}

}  // namespace agent::api::testing
