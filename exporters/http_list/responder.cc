#include "exporters/http_list/responder.h"

#include <memory>
#include <string>
#include <string_view>

#include "exporters/http_list/range.h"
#include "platform/gzip.h"
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

HttpServerResponse NotYet(std::chrono::seconds retry_after) {
  HttpServerResponse response = TextResponse(503, "there is no list yet\n");
  response.headers.push_back({"Retry-After", std::to_string(retry_after.count())});
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

HttpServerResponse Serve(const HttpServerRequest& request, const Resource& resource,
                         const Published& published) {
  const bool gzip = resource.gzip && platform::PrefersGzip(request.Header("Accept-Encoding"));
  const std::string& etag = gzip ? resource.gzip_etag : resource.etag;
  HttpServerResponse response;
  response.headers = {{"ETag", etag},
                      {"Last-Modified", published.last_modified},
                      {"Cache-Control", "private, no-cache"},
                      {"Vary", "Accept-Encoding, Authorization"},
                      {"X-Sekisho-Release", std::to_string(published.release)},
                      {"X-Sekisho-Digest", published.digest}};
  if (IsUnchanged(request, etag, published)) {
    response.status = 304;
    return response;
  }
  response.headers.push_back({"Content-Type", request.path.ends_with(".sig")
                                                  ? "application/octet-stream"
                                                  : "text/plain; charset=utf-8"});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  response.headers.push_back({"Accept-Ranges", "bytes"});
  if (gzip) response.headers.push_back({"Content-Encoding", "gzip"});
  response.body = gzip ? resource.gzip : resource.identity;
  // If-Range: a part only of what the client has the rest of (RFC 9110, section 13.1.5).
  const auto if_range = request.Header("If-Range");
  if (request.method == "GET" && (if_range.empty() || if_range == etag)) {
    ServePart(request.Header("Range"), response);
  }
  return response;
}

}  // namespace

HttpServerResponse Respond(const HttpServerRequest& request, const Published* published,
                           const Access& access, std::chrono::seconds retry_after) {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpServerResponse response = TextResponse(405, "lists can only be read\n");
    response.headers.push_back({"Allow", "GET, HEAD"});
    return response;
  }
  if (published == nullptr) return NotYet(retry_after);
  if (!access.Allows(request.Header("Authorization"), request.client_cert_identity))
    return Unauthorized();
  const auto resource = published->by_path.find(request.path);
  if (resource == published->by_path.end()) return TextResponse(404, "no such list\n");
  return Serve(request, resource->second, *published);
}

}  // namespace exporters::http_list
