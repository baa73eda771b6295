#pragma once

#include <memory>
#include <string>

#include <grpcpp/server.h>

#include "agent/api/grpc_door.h"
#include "agent/publish/enforcement_service.h"
#include "policy/result.h"

namespace agent {

struct ServerSettings {
  std::string listen;           // "127.0.0.1:7443"; port 0 for any
  std::string certificate_pem;  // leaf first
  std::string key_pem;
  std::string client_ca_pem;  // client certificates are verified against it
};

struct Server {
  std::unique_ptr<grpc::Server> grpc;
  int port;
};

// Serves exporters and people on one TLS port. A client certificate is asked for and verified if
// there is one; who may do what without one is for the services to say. Both have to outlive it.
policy::Result<Server> StartServer(const ServerSettings& settings,
                                   publish::EnforcementService& enforcement, api::GrpcDoor& people);

}  // namespace agent
