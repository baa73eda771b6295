#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "cli/settings.h"
#include "policy/result.h"

namespace cli {

// Calls to one agent, over TLS always, with the user's token where there is one.
class AgentClient {
 public:
  // Reads the files that the settings name. Connects at the first call.
  static policy::Result<AgentClient> Open(const Settings& settings);

  // Calls `method`, as in `agent.Call(&v1::Feeds::Stub::ListFeeds, request)`. A call that gets no
  // answer in time is `outcome_unknown`. `patience` is the time limit where the user set none.
  template <class Stub, class Request, class Response>
  policy::Result<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const std::type_identity_t<Request>& request,
                                std::chrono::seconds patience = std::chrono::seconds(30)) const {
    grpc::ClientContext context;
    Prepare(context, patience);
    Stub stub(channel_);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return tl::unexpected(ErrorOf(status));
    return response;
  }

  // The same for a method that streams: `visit` gets each message as it comes, until it returns
  // false or the stream ends. Without a time limit, unless the user set one.
  template <class Stub, class Request, class Response, class Visit>
  policy::Result<void> Follow(std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(
                                  grpc::ClientContext*, const Request&),
                              const std::type_identity_t<Request>& request, Visit visit) const {
    grpc::ClientContext context;
    Prepare(context, std::chrono::hours(24 * 365));
    Stub stub(channel_);
    const auto reader = (stub.*method)(&context, request);
    Response message;
    while (reader->Read(&message)) {
      if (visit(message)) continue;
      context.TryCancel();
      reader->Finish();
      return {};
    }
    const grpc::Status status = reader->Finish();
    if (!status.ok()) return tl::unexpected(ErrorOf(status));
    return {};
  }

 private:
  AgentClient() = default;
  void Prepare(grpc::ClientContext& context, std::chrono::seconds patience) const;
  policy::Error ErrorOf(const grpc::Status& status) const;

  std::string address_;
  std::string token_;
  std::optional<std::chrono::seconds> timeout_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace cli
