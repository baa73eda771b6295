#include "tests/exporters/fake_agent.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <fstream>

namespace exporters::testing {
namespace {

using sekisho::v1::AgentMessage;
using sekisho::v1::ExporterMessage;

constexpr std::chrono::seconds patience{20};

// gRPC reads the real clock.
platform::Validity Always() {
  return {policy::ParseTime("2020-01-01").value(), policy::ParseTime("2049-01-01").value()};
}

void Write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

Certificates::Certificates() : ca(platform::MakeCa("test CA", Always()).value()) {
  platform::CertificateRequest request;
  request.common_name = "agent";
  request.ip_addresses = {"127.0.0.1"};
  agent = platform::IssueCertificate(ca, request, Always()).value();
  Write(folder / "ca.pem", ca.certificate_pem);
  Renew();
}

std::string Certificates::Renew() {
  platform::CertificateRequest request;
  request.common_name = "dns1";
  request.dns_names = {"dns1.exporters.test"};
  request.for_server = false;
  request.for_client = true;
  const auto exporter = platform::IssueCertificate(ca, request, Always()).value();
  Write(folder / "exporter.pem", exporter.certificate_pem);
  Write(folder / "exporter.key", exporter.key_pem);
  return exporter.certificate_pem;
}

AgentIdentity Certificates::Identity() const {
  return {folder / "ca.pem", folder / "exporter.pem", folder / "exporter.key", ""};
}

FakeAgent::FakeAgent(const Certificates& certificates, int port) {
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = certificates.ca.certificate_pem;
  tls.pem_key_cert_pairs = {{certificates.agent.key_pem, certificates.agent.certificate_pem}};
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::SslServerCredentials(tls),
                           &port_);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

FakeAgent::~FakeAgent() {
  StopReading(false);
  server_->Shutdown(std::chrono::system_clock::now());
}

grpc::Status FakeAgent::Enforce(grpc::ServerContext* context, Stream* stream) {
  {
    const std::lock_guard lock(mutex_);
    stream_ = stream;
    context_ = context;
    changed_.notify_all();
  }
  ExporterMessage message;
  while (stream->Read(&message)) {
    std::unique_lock lock(mutex_);
    heard_.push_back(message);
    changed_.notify_all();
    changed_.wait(lock, [this] { return reads_; });
  }
  const std::lock_guard lock(mutex_);
  stream_ = nullptr;
  if (context_ == context) context_ = nullptr;
  return grpc::Status::OK;
}

std::optional<ExporterMessage> FakeAgent::Next() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [this] { return !heard_.empty(); })) return std::nullopt;
  ExporterMessage message = std::move(heard_.front());
  heard_.pop_front();
  return message;
}

std::optional<ExporterMessage> FakeAgent::NextAnswer() {
  while (auto message = Next()) {
    if (!message->has_receipt()) return message;
  }
  return std::nullopt;
}

bool FakeAgent::IsQuiet(std::chrono::milliseconds during) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, during, [this] { return !heard_.empty(); });
}

std::string FakeAgent::PeerCertificate() {
  const std::lock_guard lock(mutex_);
  if (context_ == nullptr) return "";
  const auto shown = context_->auth_context()->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  return shown.empty() ? "" : std::string(shown[0].data(), shown[0].size());
}

void FakeAgent::Say(const AgentMessage& message) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return stream_ != nullptr; });
  if (stream_ != nullptr) stream_->Write(message);
}

void FakeAgent::Cut() {
  const std::lock_guard lock(mutex_);
  if (context_ != nullptr) context_->TryCancel();
}

void FakeAgent::StopReading(bool stop) {
  const std::lock_guard lock(mutex_);
  reads_ = !stop;
  changed_.notify_all();
}

}  // namespace exporters::testing
