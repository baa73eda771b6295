#include "exporters/http_list/responder.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporters/http_list/range.h"
#include "platform/accept_encoding.h"
#include "platform/http_header.h"

namespace exporters::http_list {
namespace {

using platform::HttpServerRequest;
using platform::HttpServerResponse;
using platform::TextResponse;

HttpServerResponse Unauthorized() {
  HttpServerResponse response = TextResponse(401, "no token, or a wrong one\n");
  response.headers.push_back({"WWW-Authenticate", "Basic realm=\"lists\", charset=\"UTF-8\""});
  response.headers.push_back({"WWW-Authenticate", "Bearer realm=\"lists\""});
  return response;
}

// RFC 9110 section 13.2.2: If-Modified-Since counts only without If-None-Match. Clients send back
// the Last-Modified that they got, so equality will do, and is right even if our clock went back.
bool IsUnchanged(const HttpServerRequest& request, std::string_view etag,
                 const Published& published) {
  if (const auto tags = request.Header("If-None-Match"); !tags.empty()) {
    return platform::NamesEtag(tags, etag);
  }
  return request.Header("If-Modified-Since") == published.last_modified;
}

// Turns an answer with all into one with the part that `range` asks for, if it asks for one.
void ServePart(std::string_view range, HttpServerResponse& response) {
  const auto part = ReadRange(range, response.body->size());
  if (!part) return;
  const std::string size = std::to_string(response.body->size());
  if (part->size == 0) {
    response.status = 416;
    response.headers.push_back({"Content-Range", "bytes */" + size});
    response.body = nullptr;
    return;
  }
  response.status = 206;
  response.headers.push_back({"Content-Range", "bytes " + std::to_string(part->first) + "-" +
                                                   std::to_string(part->first + part->size - 1) +
                                                   "/" + size});
  response.body =
      std::make_shared<const std::string>(response.body->substr(part->first, part->size));
}

// The form that the client wants most.
const Form& FormFor(const HttpServerRequest& request, const Resource& resource) {
  const auto accepted = request.Header("Accept-Encoding");
  if (accepted.empty()) return resource.forms.front();
  std::vector<std::string_view> offered;
  for (const Form& form : resource.forms) {
    if (!form.coding.empty()) offered.push_back(form.coding);
  }
  const auto coding = platform::ChooseCoding(accepted, offered);
  return *std::find_if(resource.forms.begin(), resource.forms.end(),
                       [&](const Form& form) { return form.coding == coding; });
}

// What has its content in its path never changes; all else has to be asked for anew.
std::string CacheControl(std::string_view path, const Access& access) {
  return std::string(access.is_anybody() ? "public" : "private") +
         (IsObject(path) ? ", max-age=31536000, immutable" : ", no-cache");
}

}  // namespace

HttpServerResponse NotNow(std::string reason, std::chrono::seconds retry_after) {
  HttpServerResponse response = TextResponse(503, std::move(reason) + "\n");
  response.headers.push_back({"Retry-After", std::to_string(retry_after.count())});
  return response;
}

HttpServerResponse Serve(const HttpServerRequest& request, const Resource& resource,
                         const Published& published, const Access& access) {
  const Form& form = FormFor(request, resource);
  HttpServerResponse response;
  response.headers = {{"ETag", form.etag},
                      {"Last-Modified", published.last_modified},
                      {"Cache-Control", CacheControl(request.path, access)},
                      {"Vary", "Accept-Encoding, Authorization"},
                      {"X-Sekisho-Release", std::to_string(published.release)},
                      {"X-Sekisho-Digest", published.digest}};
  if (IsUnchanged(request, form.etag, published)) {
    response.status = 304;
    return response;
  }
  response.headers.push_back({"Content-Type", resource.content_type});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  response.headers.push_back({"Accept-Ranges", "bytes"});
  if (!form.coding.empty()) response.headers.push_back({"Content-Encoding", form.coding});
  response.body = form.body;
  // If-Range: a part only of what the client has the rest of (RFC 9110, section 13.1.5).
  const auto if_range = request.Header("If-Range");
  if (request.method == "GET" && (if_range.empty() || if_range == form.etag)) {
    ServePart(request.Header("Range"), response);
  }
  return response;
}

std::optional<HttpServerResponse> Refusal(const HttpServerRequest& request,
                                          const Published* published, const Access& access,
                                          std::chrono::seconds retry_after) {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpServerResponse response = TextResponse(405, "lists can only be read\n");
    response.headers.push_back({"Allow", "GET, HEAD"});
    return response;
  }
  if (published == nullptr) return NotNow("there is no list yet", retry_after);
  if (!access.Allows(request.Header("Authorization"), request.client_cert_identity)) {
    return Unauthorized();
  }
  return std::nullopt;
}

HttpServerResponse Respond(const HttpServerRequest& request, const Published* published,
                           const Access& access, std::chrono::seconds retry_after) {
  if (auto refusal = Refusal(request, published, access, retry_after)) return *std::move(refusal);
  const auto found = published->by_path.find(request.path);
  if (found == published->by_path.end()) return TextResponse(404, "no such list\n");
  return Serve(request, *found->second, *published, access);
}

}  // namespace exporters::http_list
