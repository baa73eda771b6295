#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/access.h"
#include "agent/api/message_stream.h"
#include "policy/result.h"

namespace agent::api {

using policy::Result;
using MessagePtr = std::unique_ptr<google::protobuf::Message>;

// Most requests name a few things; bytes.
inline constexpr std::size_t request_size_default = 1024 * 1024;

// One call, as its handler sees it.
struct Call {
  Caller caller;
  std::string peer;     // the address it comes from
  std::string session;  // the secret that the browser's cookie holds; empty without one
  // What the cookie holds from now on, where the handler sets it; empty: it goes.
  std::optional<std::string> new_session = std::nullopt;
  // The same, of the cookie that binds a single sign-on to its browser.
  std::string sign_on = {};
  std::optional<std::string> new_sign_on = std::nullopt;
  // For what outlasts the call: whether the gate would let it in now. Any thread.
  std::function<Result<void>()> is_admitted = {};
  // What an error has to say besides its text, where the handler sets it.
  std::shared_ptr<const google::protobuf::Message> error_detail = nullptr;
};

// A method as every door sees it: bytes or JSON become the message of NewRequest, and what Run
// gives becomes bytes or JSON again.
struct Method {
  std::string name;  // "/sekisho.v1.Queue/Decide"
  std::size_t request_size_max = request_size_default;
  std::function<MessagePtr()> new_request;
  // `request` has to be one of new_request.
  std::function<Result<MessagePtr>(Call&, const google::protobuf::Message& request)> run;
  // Instead of `run`, for a method that streams.
  std::function<Result<std::shared_ptr<MessageStream>>(Call&, const google::protobuf::Message&)>
      open;
};

// All methods of people's services with their handlers. Filled at the start, then only read, from
// any thread.
class MethodTable {
 public:
  template <class Request, class Response>
  using Handler = std::function<Result<Response>(const Caller&, const Request&)>;
  template <class Request, class Response>
  using CallHandler = std::function<Result<Response>(Call&, const Request&)>;

  // `full_name` is "sekisho.v1.Queue.Decide". A name that no .proto has, other types than it has
  // there, a stream where it is none or the reverse, and a second handler are mistakes that Check
  // reports.
  template <class Request, class Response>
  void Add(std::string_view full_name, Handler<Request, Response> handler,
           std::size_t request_size_max = request_size_default) {
    AddForCall<Request, Response>(
        full_name,
        [handler = std::move(handler)](Call& call, const Request& request) {
          return handler(call.caller, request);
        },
        request_size_max);
  }

  // Like Add, for what has to know more of the call than who makes it.
  template <class Request, class Response>
  void AddForCall(std::string_view full_name, CallHandler<Request, Response> handler,
                  std::size_t request_size_max = request_size_default) {
    Method method;
    method.request_size_max = request_size_max;
    method.new_request = [] { return std::make_unique<Request>(); };
    method.run = [handler = std::move(handler)](
                     Call& call, const google::protobuf::Message& request) -> Result<MessagePtr> {
      auto response = handler(call, static_cast<const Request&>(request));
      if (!response) return tl::unexpected(response.error());
      return std::make_unique<Response>(std::move(*response));
    };
    Put(full_name, Request::descriptor(), Response::descriptor(), std::move(method));
  }

  // Like AddForCall, for a method that answers with a stream.
  template <class Request, class Response>
  void AddStream(
      std::string_view full_name,
      std::function<Result<std::shared_ptr<MessageStream>>(Call&, const Request&)> open) {
    Method method;
    method.new_request = [] { return std::make_unique<Request>(); };
    method.open = [open = std::move(open)](Call& call, const google::protobuf::Message& request) {
      return open(call, static_cast<const Request&>(request));
    };
    Put(full_name, Request::descriptor(), Response::descriptor(), std::move(method));
  }

  // For the start: fails, naming all of them, with the mistakes of Add, with the methods of `file`
  // that have no handler, and with methods that have no row in the access table.
  Result<void> Check(const google::protobuf::FileDescriptor& file) const;

  // Of those with a method that passes every door: "sekisho.v1.Queue".
  std::set<std::string> Services() const;

  // Null if there is none of that name.
  const Method* Find(std::string_view name) const;

 private:
  void Put(std::string_view full_name, const google::protobuf::Descriptor* request,
           const google::protobuf::Descriptor* response, Method method);

  std::map<std::string, Method, std::less<>> methods_;
  std::vector<std::string> mistakes_;
};

}  // namespace agent::api
