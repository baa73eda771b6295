#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <grpcpp/server.h>

#include "agent/api/grpc_door.h"
#include "agent/publish/enforcement_service.h"
#include "policy/result.h"

namespace agent {

struct ServerSettings {
  std::string listen;                 // "127.0.0.1:7443"; port 0 for any
  std::filesystem::path certificate;  // PEM, leaf first
  std::filesystem::path key;
  std::filesystem::path client_ca;  // client certificates are verified against it
};

struct Server {
  std::unique_ptr<grpc::Server> grpc;
  int port;
};

// Serves exporters and people on one TLS port. A client certificate is asked for and verified if
// there is one; who may do what without one is for the services to say. Renewed files are taken
// within seconds, for new connections. Both services have to outlive it.
policy::Result<Server> StartServer(const ServerSettings& settings,
                                   publish::EnforcementService& enforcement, api::GrpcDoor& people);

}  // namespace agent
