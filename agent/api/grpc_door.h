#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server_builder.h>

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/api/gate.h"
#include "agent/api/method_table.h"
#include "agent/api/worker_pool.h"

namespace agent::api {

// The gRPC door: one generic service for every method of the table. Everything given has to outlive
// the server, as has the door.
//
// The gate is asked before the request is read. Handlers run in the pool: RESOURCE_EXHAUSTED when
// it is full, or for a request above the cap.
class GrpcDoor final : public grpc::CallbackGenericService {
 public:
  // Whether the authority took a client certificate (PEM) back.
  using IsRevoked = std::function<bool(std::string_view)>;

  GrpcDoor(const MethodTable& methods, const Gate& gate, WorkerPool& pool,
           IsRevoked is_revoked = {})
      : methods_(methods), gate_(gate), pool_(pool), is_revoked_(std::move(is_revoked)) {}

  // Before the server is built.
  void RegisterWith(grpc::ServerBuilder& builder);

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

 private:
  class Call;

  const MethodTable& methods_;
  const Gate& gate_;
  WorkerPool& pool_;
  const IsRevoked is_revoked_;
  std::vector<std::unique_ptr<grpc::Service>> names_;
};

}  // namespace agent::api
