#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <grpcpp/server.h>
#include <grpcpp/server_context.h>

#include "exporters/agent_channel.h"
#include "platform/certificate.h"
#include "sekisho/v1/enforcement.grpc.pb.h"
#include "tests/platform/temporary_folder.h"

namespace exporters::testing {

// A CA, the agent's certificate for 127.0.0.1 and the exporter's, as files.
struct Certificates {
  Certificates();
  std::string Renew();  // the exporter's; gives it, PEM
  AgentIdentity Identity() const;

  platform::testing::TemporaryFolder folder;
  platform::CertificateAndKey ca;
  platform::CertificateAndKey agent;
};

// The agent's end of the protocol on a real TLS port: it says what the test tells it to, and keeps
// what the exporter says. One stream at a time.
class FakeAgent final : public sekisho::v1::Enforcement::Service {
 public:
  // `port` 0 takes any free one.
  explicit FakeAgent(const Certificates& certificates, int port = 0);
  ~FakeAgent() override;

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // The exporter's next message, in order. Nothing after 20 s.
  std::optional<sekisho::v1::ExporterMessage> Next();
  // The next that is not a receipt.
  std::optional<sekisho::v1::ExporterMessage> NextAnswer();
  std::string PeerCertificate();  // PEM, of the stream; empty without one
  // Whether none comes for a while.
  bool IsQuiet(std::chrono::milliseconds during);

  void Say(const sekisho::v1::AgentMessage& message);
  // Breaks the stream off, as a crash of the agent would.
  void Cut();
  void StopReading(bool stop);

 private:
  using Stream = grpc::ServerReaderWriter<sekisho::v1::AgentMessage, sekisho::v1::ExporterMessage>;
  grpc::Status Enforce(grpc::ServerContext* context, Stream* stream) override;

  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<sekisho::v1::ExporterMessage> heard_;
  Stream* stream_ = nullptr;
  grpc::ServerContext* context_ = nullptr;
  bool reads_ = true;
};

}  // namespace exporters::testing
