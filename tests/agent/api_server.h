#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "agent/api/gate.h"
#include "agent/api/grpc_door.h"
#include "agent/api/worker_pool.h"
#include "platform/certificate.h"
#include "platform/clock.h"

namespace agent::api::testing {

// A token and a certificate for each role: "viewer-token" and "viewer.people.test" are those of
// "viewer-name". "second-token" is another approver's; "old-token" has expired.
AccessSettings OneOfEachRole();
std::string Digest(const std::string& token);  // as TokenSettings wants it

// The real door on a real TLS port, as agent/server.cc opens it.
class ApiServer {
 public:
  ApiServer(const MethodTable& methods, const platform::Clock& clock,
            people::People* people = nullptr, std::size_t threads = 4,
            std::size_t queue_depth_max = 64);
  ~ApiServer();

  // With a client certificate for that name, if there is one.
  std::shared_ptr<grpc::Channel> Connect(const std::string& certificate_name = "") const;

  Gate& gate() { return gate_; }
  // All client certificates, or none.
  void Revoke(bool revoked) { is_revoked_ = revoked; }

 private:
  platform::CertificateAndKey ca_;
  Gate gate_;
  std::atomic<bool> is_revoked_ = false;
  WorkerPool pool_;
  GrpcDoor door_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

// Says who calls, by a token, if there is one.
void Authorise(grpc::ClientContext& context, const std::string& token);

// A call of any method with bytes that need not be a message.
struct RawAnswer {
  grpc::Status status;
  std::string bytes;
};
RawAnswer CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                  const std::string& token, const std::string& request);

}  // namespace agent::api::testing
