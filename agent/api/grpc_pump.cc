#include "agent/api/grpc_pump.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <utility>

#include "proto/convert.h"

namespace agent::api {

grpc::Status Serialize(const google::protobuf::Message& message, grpc::ByteBuffer& buffer) {
  bool owns_buffer = false;
  buffer.Clear();
  return grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(
      message, &buffer, &owns_buffer);
}

void GrpcPump::Start(std::shared_ptr<MessageStream> stream) {
  {
    const std::lock_guard lock(mutex_);
    stream_ = stream;
  }
  stream->Await([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Pump();
  });
  Pump();
}

void GrpcPump::Written(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    is_writing_ = false;
    if (!ok) is_cancelled_ = true;
  }
  Pump();
}

void GrpcPump::Cancel() {
  {
    const std::lock_guard lock(mutex_);
    is_cancelled_ = true;
  }
  Pump();
}

void GrpcPump::Leave() {
  const std::lock_guard lock(mutex_);
  reactor_ = nullptr;
  stream_.reset();
}

// gRPC calls back on threads of its own, never from within these calls.
void GrpcPump::Pump() {
  const std::lock_guard lock(mutex_);
  if (reactor_ == nullptr || !stream_ || is_writing_ || is_finished_) return;
  const auto finish = [this](grpc::Status status) {
    is_finished_ = true;
    stream_.reset();
    reactor_->Finish(std::move(status));
  };
  if (is_cancelled_) return finish(grpc::Status::CANCELLED);
  const auto message = stream_->Next();
  if (!message) return finish(proto::ToStatus(message.error()));
  if (!*message) return;
  if (auto status = Serialize(**message, buffer_); !status.ok()) return finish(std::move(status));
  is_writing_ = true;
  reactor_->StartWrite(&buffer_);
}

}  // namespace agent::api
