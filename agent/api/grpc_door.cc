#include "agent/api/grpc_door.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/method_handler.h>

#include <string>
#include <utility>

#include "agent/api/grpc_pump.h"
#include "proto/convert.h"

namespace agent::api {
namespace {

using policy::ErrorCode;

// The client's, in PEM; empty without one.
std::string CertificateOf(const grpc::GenericCallbackServerContext& context) {
  const auto auth = context.auth_context();
  if (!auth || !auth->IsPeerAuthenticated()) return "";
  const auto pem = auth->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  return pem.empty() ? "" : std::string(pem.front().data(), pem.front().size());
}

Credentials CredentialsOf(const grpc::GenericCallbackServerContext& context,
                          const GrpcDoor::IsRevoked& is_revoked) {
  Credentials credentials;
  const auto [first, last] = context.client_metadata().equal_range("authorization");
  for (auto each = first; each != last; ++each) {
    credentials.authorization.emplace_back(each->second.data(), each->second.size());
  }
  const auto auth = context.auth_context();
  if (!auth || !auth->IsPeerAuthenticated()) return credentials;
  // Not GetPeerIdentity, which falls back to the common name where there is no SAN.
  for (const grpc::string_ref& name : auth->FindPropertyValues("x509_subject_alternative_name")) {
    credentials.certificate_names.emplace_back(name.data(), name.size());
  }
  const std::string certificate = CertificateOf(context);
  credentials.is_certificate_revoked =
      !certificate.empty() && is_revoked && is_revoked(certificate);
  return credentials;
}

grpc::Status StatusOf(ErrorCode code, std::string detail) {
  return proto::ToStatus({code, std::move(detail)});
}

// Has reflection list a service of the generic one, which has no names: without it, tools such as
// grpcurl find nothing. Its only method is one that nobody can call.
class NamedService final : public grpc::Service {
 public:
  explicit NamedService(const std::string& name) : path_("/" + name + "/") {
    AddMethod(new grpc::internal::RpcServiceMethod(
        path_.c_str(), grpc::internal::RpcMethod::NORMAL_RPC,
        new grpc::internal::ErrorMethodHandler<grpc::StatusCode::UNIMPLEMENTED>("no such method")));
  }

 private:
  const std::string path_;  // the method keeps a pointer into it
};

}  // namespace

// One call: reads the request on gRPC's thread, runs on the pool's. Deletes itself when gRPC is
// done with it, which is after Finish at the earliest.
class GrpcDoor::Call final : public grpc::ServerGenericBidiReactor {
 public:
  Call(GrpcDoor& door, grpc::GenericCallbackServerContext& context)
      : pool_(door.pool_), context_(context), method_(door.methods_.Find(context.method())) {
    if (method_ == nullptr) {
      Finish({grpc::StatusCode::UNIMPLEMENTED, "the agent has no such method"});
      return;
    }
    if (FindAccess(method_->name)->use != Access::For::everywhere) {
      Finish({grpc::StatusCode::UNIMPLEMENTED, "sessions are for browsers; send a token"});
      return;
    }
    Credentials credentials = CredentialsOf(context, door.is_revoked_);
    auto caller = door.gate_.Admit(credentials, method_->name, context.peer());
    if (!caller) {
      Finish(proto::ToStatus(caller.error()));
      return;
    }
    call_ = {std::move(*caller), context.peer(), ""};
    call_.is_admitted = [&gate = door.gate_, credentials = std::move(credentials),
                         certificate = CertificateOf(context), is_revoked = door.is_revoked_,
                         method = method_->name, peer = context.peer()]() -> policy::Result<void> {
      Credentials now = credentials;
      now.is_certificate_revoked = !certificate.empty() && is_revoked && is_revoked(certificate);
      return gate.Later(std::move(now), method, peer)();
    };
    if (method_->open) pump_ = std::make_shared<GrpcPump>(*this);
    StartRead(&buffer_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(StatusOf(ErrorCode::malformed_input, "the call brought no request"));
    } else if (buffer_.Length() > method_->request_size_max) {
      Finish(StatusOf(ErrorCode::exhausted, "a request may have " +
                                                std::to_string(method_->request_size_max) +
                                                " bytes; ask for less at once"));
    } else if (!pool_.TryPost(call_.caller.name, [this] { Run(); })) {
      Finish(StatusOf(ErrorCode::exhausted, "too many calls at once; try again in a moment"));
    }
  }

  void OnWriteDone(bool ok) override {
    if (pump_) pump_->Written(ok);
  }

  void OnCancel() override {
    if (pump_) pump_->Cancel();
  }

  void OnDone() override {
    if (pump_) pump_->Leave();
    delete this;
  }

 private:
  void Run() {
    if (context_.IsCancelled()) {
      Finish(grpc::Status::CANCELLED);
      return;
    }
    const MessagePtr request = method_->new_request();
    if (!Parse(*request)) {
      Finish(StatusOf(ErrorCode::malformed_input,
                      "the request is no " + request->GetTypeName() + " message"));
      return;
    }
    if (method_->open) {
      auto stream = method_->open(call_, *request);
      if (!stream) {
        Finish(proto::ToStatus(stream.error()));
        return;
      }
      pump_->Start(std::move(*stream));
      return;
    }
    const auto response = method_->run(call_, *request);
    if (!response) {
      Finish(proto::ToStatus(response.error(), call_.error_detail.get()));
      return;
    }
    const auto status = Serialize(**response, buffer_);
    if (!status.ok()) {
      Finish(status);
      return;
    }
    StartWriteAndFinish(&buffer_, grpc::WriteOptions(), grpc::Status::OK);
  }

  bool Parse(google::protobuf::Message& request) {
    grpc::ProtoBufferReader reader(&buffer_);
    return reader.status().ok() && request.ParseFromZeroCopyStream(&reader);
  }

  WorkerPool& pool_;
  grpc::GenericCallbackServerContext& context_;
  const Method* const method_;
  agent::api::Call call_{{"", Role::viewer}, "", ""};
  grpc::ByteBuffer buffer_;         // the request, then the response
  std::shared_ptr<GrpcPump> pump_;  // of a method that streams
};

void GrpcDoor::RegisterWith(grpc::ServerBuilder& builder) {
  for (const std::string& name : methods_.Services()) {
    builder.RegisterService(names_.emplace_back(std::make_unique<NamedService>(name)).get());
  }
  builder.RegisterCallbackGenericService(this);
}

grpc::ServerGenericBidiReactor* GrpcDoor::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  return new Call(*this, *context);  // deletes itself in OnDone
}

}  // namespace agent::api
