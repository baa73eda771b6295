#include "cli/agent_client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <utility>

#include "platform/tls.h"
#include "policy/quote.h"
#include "proto/convert.h"
#include "sekisho/v1/api.pb.h"

namespace cli {
namespace {

namespace v1 = sekisho::v1;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

// As much as protobuf can: a release's lines, of a list that may have a gigabyte of them.
constexpr int message_size_max = std::numeric_limits<int>::max();
constexpr std::size_t token_size_max = 4096;

// The token is sent in a header: one line of printable ASCII (RFC 6750, 2.1).
Result<std::string> ReadToken(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string token(token_size_max + 1, '\0');
  in.read(token.data(), static_cast<std::streamsize>(token.size()));
  if (in.bad() || !in.is_open()) {
    return Fail(ErrorCode::malformed_input, "cannot read the token file " + file.string());
  }
  token.resize(static_cast<std::size_t>(in.gcount()));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  const bool is_token = !token.empty() && token.size() <= token_size_max &&
                        std::all_of(token.begin(), token.end(), [](char c) {
                          return c > 0x20 && static_cast<unsigned char>(c) < 0x7f;
                        });
  if (is_token) return token;
  return Fail(ErrorCode::malformed_input, "the token file " + file.string() +
                                              " has to hold one token on one line, and no more");
}

Result<grpc::SslCredentialsOptions> ReadCredentials(const Settings& settings) {
  grpc::SslCredentialsOptions tls;  // without a CA: the system's
  const std::pair<const std::filesystem::path&, std::string&> files[] = {
      {settings.ca, tls.pem_root_certs},
      {settings.certificate, tls.pem_cert_chain},
      {settings.key, tls.pem_private_key}};
  for (const auto& [file, pem] : files) {
    if (file.empty()) continue;
    auto text = platform::LoadPem(file);
    if (!text) return tl::unexpected(std::move(text.error()));
    pem = std::move(*text);
  }
  return tls;
}

// "; lifetime: 7d, now 3d; bob says: ours".
std::string Describe(const v1::DecisionConflict& conflict) {
  std::string text;
  for (const v1::FieldChange& change : conflict.changes()) {
    text += "; " + change.field() + ": ";
    if (!change.before().empty()) text += change.before() + ", ";
    text += "now " + change.after();
  }
  if (!conflict.reason().empty() && conflict.decided_by_size() > 0) {
    text += "; " + *conflict.decided_by().rbegin() + " says: " + conflict.reason();
  }
  return text;
}

}  // namespace

Result<AgentClient> AgentClient::Open(const Settings& settings) {
  if (settings.agent.empty()) {
    return Fail(ErrorCode::malformed_input,
                "no agent named: give --agent HOST:PORT, set SEKISHO_AGENT, or write `agent` into "
                "~/.config/sekisho/config.yaml");
  }
  AgentClient client;
  client.address_ = settings.agent;
  client.timeout_ = settings.timeout;
  auto tls = ReadCredentials(settings);
  if (!tls) return tl::unexpected(std::move(tls.error()));
  if (!settings.token_file.empty()) {
    auto token = ReadToken(settings.token_file);
    if (!token) return tl::unexpected(std::move(token.error()));
    client.token_ = std::move(*token);
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(message_size_max);
  // The token goes to the configured agent alone, whatever the environment says of proxies.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Another run in the same process must not find this one's connection and credentials.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (!settings.server_name.empty()) arguments.SetSslTargetNameOverride(settings.server_name);
  client.channel_ =
      grpc::CreateCustomChannel(settings.agent, grpc::SslCredentials(*tls), arguments);
  return client;
}

void AgentClient::Prepare(grpc::ClientContext& context, std::chrono::seconds patience) const {
  context.set_deadline(std::chrono::system_clock::now() + timeout_.value_or(patience));
  if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_);
}

policy::Error AgentClient::ErrorOf(const grpc::Status& status) const {
  policy::Error error = proto::FromStatus(status);
  if (v1::DecisionConflict conflict; proto::FindDetail(status, conflict)) {
    error.detail += Describe(conflict);
  }
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      error.detail = "the agent at " + address_ + " does not answer: " + error.detail +
                     "; check --agent, and --ca if its certificate is not trusted";
      break;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      error.detail = "the agent at " + address_ +
                     " did not answer in time. It may have done what it was asked: look before "
                     "you ask again, and give it longer with --timeout";
      break;
    case grpc::StatusCode::UNIMPLEMENTED:
      error = {ErrorCode::unavailable, "the agent at " + address_ +
                                           " does not know this call; is it older than this "
                                           "program?"};
      break;
    default: break;
  }
  return error;
}

}  // namespace cli
