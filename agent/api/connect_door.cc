#include "agent/api/connect_door.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/api/connect_codec.h"
#include "agent/api/connect_error.h"
#include "agent/api/connect_stream.h"
#include "agent/api/session_cookie.h"
#include "policy/ascii.h"

namespace agent::api {
namespace {

using platform::HttpServerRequest;
using platform::HttpServerResponse;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

HttpServerResponse Run(const Method& method, Codec codec, const std::string& body, Call& call,
                       std::string_view scheme) {
  const MessagePtr request = method.new_request();
  if (auto read = Read(body, codec, *request); !read) return ConnectError(read.error());
  const auto answer = method.run(call, *request);
  if (!answer) return ConnectError(answer.error(), call.error_detail.get());
  auto text = Write(**answer, codec);
  if (!text) return ConnectError(text.error());
  HttpServerResponse response{
      200,
      {{"Content-Type", "application/" + std::string(Name(codec))}, {"Cache-Control", "no-store"}},
      std::make_shared<const std::string>(std::move(*text))};
  for (const auto& [cookie, secret] : {std::pair(Cookie::session, call.new_session),
                                       std::pair(Cookie::sign_on, call.new_sign_on)}) {
    if (secret) response.headers.push_back({"Set-Cookie", SetCookie(cookie, *secret, scheme)});
  }
  return response;
}

Result<std::shared_ptr<MessageStream>> Open(const Method& method, Codec codec,
                                            const std::string& body, Call& call) {
  const auto bytes = OpenEnvelope(body);
  if (!bytes) return tl::unexpected(bytes.error());
  const MessagePtr request = method.new_request();
  if (auto read = Read(*bytes, codec, *request); !read) return tl::unexpected(read.error());
  return method.open(call, *request);
}

HttpServerResponse RunStream(const Method& method, Codec codec, const std::string& body,
                             Call& call) {
  auto stream = Open(method, codec, body, call);
  return stream ? StreamResponse(std::move(*stream), codec) : StreamError(stream.error(), codec);
}

// A failure, as its kind of call has it.
HttpServerResponse Refuse(const ContentType& type, const policy::Error& error) {
  return type.is_stream ? StreamError(error, type.codec) : ConnectError(error);
}

HttpServerResponse WrongContentType(bool is_stream) {
  const std::string types = is_stream ? "application/connect+json, application/connect+proto"
                                      : "application/json, application/proto";
  HttpServerResponse response =
      platform::TextResponse(415, "the content type has to be one of " + types + "\n");
  response.headers.push_back({"Accept-Post", types});
  return response;
}

// What is wrong with the request before anybody has looked at who sends it.
std::optional<HttpServerResponse> RefuseByForm(const HttpServerRequest& request) {
  if (request.method != "POST") {
    HttpServerResponse response = platform::TextResponse(405, "methods are called by POST\n");
    response.headers.push_back({"Allow", "POST"});
    return response;
  }
  if (!ReadContentType(request.Header("content-type"))) return WrongContentType(false);
  for (const char* header : {"content-encoding", "connect-content-encoding"}) {
    const std::string_view encoding = request.Header(header);
    if (!encoding.empty() && encoding != "identity") {
      return ConnectError("unimplemented", "send the body without content encoding");
    }
  }
  const std::string_view version = request.Header("connect-protocol-version");
  if (!version.empty() && version != "1") {
    return ConnectError("invalid_argument", "connect-protocol-version has to be 1");
  }
  return std::nullopt;
}

}  // namespace

// A browser adds cookies to other sites' requests, too; what it does not let them do is to name
// our origin as theirs, or to send these headers without asking first (Fetch, "CORS-safelisted").
Result<void> ConnectDoor::CheckBrowser(const HttpServerRequest& request) const {
  const std::string own =
      origin_.empty() ? scheme_ + "://" + std::string(request.Header("host")) : origin_;
  if (request.Header("origin") != own) {
    return Fail(ErrorCode::not_allowed,
                "a call without a token has to come from " + own + " itself (header origin)");
  }
  if (request.Header("connect-protocol-version").empty()) {
    return Fail(ErrorCode::not_allowed,
                "a call without a token needs the header connect-protocol-version: 1");
  }
  return {};
}

Result<Call> ConnectDoor::Admit(const HttpServerRequest& request, std::string_view method) const {
  Credentials credentials;
  for (const platform::HttpHeader& header : request.headers) {
    if (policy::EqualsIgnoringCase(header.name, "authorization")) {
      credentials.authorization.push_back(header.value);
    }
  }
  if (credentials.authorization.empty()) {
    if (auto checked = CheckBrowser(request); !checked) return tl::unexpected(checked.error());
    credentials.session = SecretOf(Cookie::session, request.headers, scheme_);
    credentials.is_unattended = !request.Header("sekisho-unattended").empty();
  }
  std::string address = ClientAddress(request, proxies_);
  auto caller = gate_.Admit(credentials, method, address);
  if (!caller) return tl::unexpected(caller.error());
  Call call{std::move(*caller), std::move(address), credentials.session};
  call.sign_on = SecretOf(Cookie::sign_on, request.headers, scheme_);
  call.is_admitted = gate_.Later(std::move(credentials), method, call.peer);
  return call;
}

void ConnectDoor::Handle(HttpServerRequest request, platform::HttpServer::Respond respond) const {
  if (auto refusal = RefuseByForm(request)) return respond(std::move(*refusal));
  const Method* method = methods_.Find(request.path);
  if (method == nullptr) {
    return respond(ConnectError("unimplemented", "the agent has no such method"));
  }
  const ContentType type = *ReadContentType(request.Header("content-type"));
  const bool streams = static_cast<bool>(method->open);
  auto call = Admit(request, method->name);
  if (!call) return respond(Refuse(type, call.error()));
  if (type.is_stream != streams) return respond(WrongContentType(streams));
  const auto too_much = [&](std::string why) {
    respond(Refuse(type, {ErrorCode::exhausted, std::move(why)}));
  };
  if (request.body.size() > method->request_size_max) {
    return too_much("a request may have " + std::to_string(method->request_size_max) +
                    " bytes; ask for less at once");
  }
  // Strangers have no name; their address stands for it.
  const std::string caller = call->caller.name.empty() ? call->peer : call->caller.name;
  const bool is_taken =
      pool_.TryPost(caller, [method, type, respond, scheme = scheme_,
                             body = std::move(request.body), call = std::move(*call)]() mutable {
        respond(type.is_stream ? RunStream(*method, type.codec, body, call)
                               : Run(*method, type.codec, body, call, scheme));
      });
  if (!is_taken) too_much("too many calls at once; try again in a moment");
}

}  // namespace agent::api
