#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include "agent/api/gate.h"
#include "agent/api/method_table.h"
#include "agent/api/worker_pool.h"

namespace agent::api {

// The gRPC door: one generic service for every method of the table, to be registered with
// RegisterCallbackGenericService. Everything given has to outlive the server.
//
// The gate is asked before the request is read. Handlers run in the pool: RESOURCE_EXHAUSTED when
// it is full, or for a request above the cap.
class GrpcDoor final : public grpc::CallbackGenericService {
 public:
  GrpcDoor(const MethodTable& methods, const Gate& gate, WorkerPool& pool)
      : methods_(methods), gate_(gate), pool_(pool) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

 private:
  class Call;

  const MethodTable& methods_;
  const Gate& gate_;
  WorkerPool& pool_;
};

}  // namespace agent::api
