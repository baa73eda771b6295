#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <mutex>

#include "agent/api/message_stream.h"

namespace agent::api {

// Writes a message as gRPC wants it into a buffer, replacing what was there.
grpc::Status Serialize(const google::protobuf::Message& message, grpc::ByteBuffer& buffer);

// Brings a stream's messages to one call's reactor, one write at a time. Its functions may be
// called from any thread; the reactor passes on what gRPC tells it.
class GrpcPump : public std::enable_shared_from_this<GrpcPump> {
 public:
  explicit GrpcPump(grpc::ServerGenericBidiReactor& reactor) : reactor_(&reactor) {}

  void Start(std::shared_ptr<MessageStream> stream);
  void Written(bool ok);
  void Cancel();
  // The reactor goes.
  void Leave();

 private:
  // Writes or finishes, if there is something to say and nobody is at it.
  void Pump();

  std::mutex mutex_;
  grpc::ServerGenericBidiReactor* reactor_;  // null once it is gone
  std::shared_ptr<MessageStream> stream_;
  grpc::ByteBuffer buffer_;
  bool is_writing_ = false;  // from the start of a write until Written
  bool is_cancelled_ = false;
  bool is_finished_ = false;
};

}  // namespace agent::api
