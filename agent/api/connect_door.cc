#include "agent/api/connect_door.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/api/connect_error.h"
#include "agent/api/session_cookie.h"
#include "policy/ascii.h"

namespace agent::api {
namespace {

using platform::HttpServerRequest;
using platform::HttpServerResponse;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using Message = google::protobuf::Message;

enum class Codec { json, binary };

std::string_view ContentType(Codec codec) {
  return codec == Codec::json ? "application/json" : "application/proto";
}

std::optional<Codec> CodecOf(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  for (const Codec codec : {Codec::json, Codec::binary}) {
    if (policy::EqualsIgnoringCase(type, ContentType(codec))) return codec;
  }
  return std::nullopt;
}

// What fails is not quoted back: it may be anything, and need not be text.
Result<void> Read(const std::string& body, Codec codec, Message& message) {
  if (codec == Codec::binary) {
    if (message.ParseFromString(body)) return {};
  } else {
    google::protobuf::util::JsonParseOptions options;
    options.ignore_unknown_fields = true;  // a page newer than the agent
    if (google::protobuf::util::JsonStringToMessage(body, &message, options).ok()) return {};
  }
  return Fail(ErrorCode::malformed_input,
              "the body is no " + message.GetTypeName() + " in " + std::string(ContentType(codec)));
}

Result<std::string> Write(const Message& message, Codec codec) {
  std::string body;
  const bool is_written = codec == Codec::binary
                              ? message.SerializeToString(&body)
                              : google::protobuf::util::MessageToJsonString(message, &body).ok();
  if (is_written) return body;
  return Fail(ErrorCode::corrupt,
              "the answer could not be written as " + std::string(ContentType(codec)));
}

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
      {{"Content-Type", std::string(ContentType(codec))}, {"Cache-Control", "no-store"}},
      std::make_shared<const std::string>(std::move(*text))};
  for (const auto& [cookie, secret] : {std::pair(Cookie::session, call.new_session),
                                       std::pair(Cookie::sign_on, call.new_sign_on)}) {
    if (secret) response.headers.push_back({"Set-Cookie", SetCookie(cookie, *secret, scheme)});
  }
  return response;
}

// What is wrong with the request before anybody has looked at who sends it.
std::optional<HttpServerResponse> RefuseByForm(const HttpServerRequest& request) {
  if (request.method != "POST") {
    HttpServerResponse response = platform::TextResponse(405, "methods are called by POST\n");
    response.headers.push_back({"Allow", "POST"});
    return response;
  }
  if (!CodecOf(request.Header("content-type"))) {
    HttpServerResponse response = platform::TextResponse(
        415, "the content type has to be application/json or application/proto\n");
    response.headers.push_back({"Accept-Post", "application/json, application/proto"});
    return response;
  }
  const std::string_view encoding = request.Header("content-encoding");
  if (!encoding.empty() && encoding != "identity") {
    return ConnectError("unimplemented", "send the body without content encoding");
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
  return call;
}

void ConnectDoor::Handle(HttpServerRequest request, platform::HttpServer::Respond respond) const {
  if (auto refusal = RefuseByForm(request)) return respond(std::move(*refusal));
  const Method* method = methods_.Find(request.path);
  if (method == nullptr) {
    return respond(ConnectError("unimplemented", "the agent has no such method"));
  }
  auto call = Admit(request, method->name);
  if (!call) return respond(ConnectError(call.error()));
  if (request.body.size() > method->request_size_max) {
    return respond(ConnectError("resource_exhausted", "a request may have " +
                                                          std::to_string(method->request_size_max) +
                                                          " bytes; ask for less at once"));
  }
  const Codec codec = *CodecOf(request.Header("content-type"));
  // Strangers have no name; their address stands for it.
  const std::string caller = call->caller.name.empty() ? call->peer : call->caller.name;
  const bool is_taken = pool_.TryPost(
      caller,
      [method, codec, respond, scheme = scheme_, body = std::move(request.body),
       call = std::move(*call)]() mutable { respond(Run(*method, codec, body, call, scheme)); });
  if (!is_taken) {
    respond(ConnectError("resource_exhausted", "too many calls at once; try again in a moment"));
  }
}

}  // namespace agent::api
