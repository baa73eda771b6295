#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <grpcpp/channel.h>

#include "policy/result.h"

namespace exporters {

// Who the agent is, and who we are to it. All files are PEM.
struct AgentIdentity {
  std::filesystem::path ca;           // that signed the agent's certificate
  std::filesystem::path certificate;  // ours, leaf first
  std::filesystem::path key;
  std::string server_name;  // in the agent's certificate; empty: the host of the address
};

// A channel with TLS in both directions to `address` ("host:port"); there is no form without. It
// connects later. The files are read now, so that a renewed certificate serves the next channel;
// fails if one cannot be read.
policy::Result<std::shared_ptr<grpc::Channel>> MakeAgentChannel(const std::string& address,
                                                                const AgentIdentity& identity);

}  // namespace exporters
