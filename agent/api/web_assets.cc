#include "agent/api/web_assets.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "platform/atomic_file.h"
#include "platform/gzip.h"
#include "policy/digest.h"

namespace agent::api {
namespace {

using platform::HttpServerRequest;
using platform::HttpServerResponse;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t size_max = 64 * 1024 * 1024;
constexpr std::string_view index_path = "/index.html";

struct MediaType {
  std::string_view extension;
  std::string_view type;
};
constexpr std::array<MediaType, 11> media_types{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
    {".map", "application/json"},
}};

std::string TypeOf(const std::filesystem::path& file) {
  const auto known = std::find_if(
      media_types.begin(), media_types.end(),
      [&](const MediaType& each) { return each.extension == file.extension().string(); });
  return std::string(known == media_types.end() ? "application/octet-stream" : known->type);
}

bool LooksLikeAFile(std::string_view path) {
  return path.substr(path.rfind('/') + 1).find('.') != path.npos;
}

}  // namespace

Result<WebAssets> WebAssets::Load(const std::filesystem::path& root) {
  WebAssets assets;
  std::error_code error;
  std::filesystem::recursive_directory_iterator files(root, error);
  for (; !error && files != std::filesystem::end(files); files.increment(error)) {
    if (!files->is_regular_file(error) || files->is_symlink(error)) continue;
    if (auto added = assets.Add(root, files->path()); !added) {
      return tl::unexpected(added.error());
    }
  }
  if (error) {
    return Fail(ErrorCode::not_found,
                "cannot read the page's files in " + root.string() + ": " + error.message());
  }
  if (!assets.by_path_.contains(index_path)) {
    return Fail(ErrorCode::not_found, root.string() +
                                          " holds no index.html; web.root has to be "
                                          "the folder of the built page");
  }
  return assets;
}

Result<void> WebAssets::Add(const std::filesystem::path& root, const std::filesystem::path& file) {
  auto bytes = platform::ReadFile(file, size_max - size_);
  if (!bytes) return tl::unexpected(bytes.error());
  size_ += bytes->size();
  auto gzip = platform::Gzip(*bytes);
  if (!gzip) return tl::unexpected(gzip.error());
  Asset asset{.content_type = TypeOf(file),
              .bytes = nullptr,
              .gzip = nullptr,
              .etag = policy::ToHex(policy::Sha256Of(*bytes)).substr(0, 32),
              .is_hashed = false};
  if (gzip->size() < bytes->size()) {
    asset.gzip = std::make_shared<const std::string>(std::move(*gzip));
  }
  asset.bytes = std::make_shared<const std::string>(std::move(*bytes));
  const std::string path = "/" + std::filesystem::relative(file, root).generic_string();
  asset.is_hashed = path.starts_with("/assets/");  // where Vite puts them
  by_path_.emplace(path, std::move(asset));
  return {};
}

HttpServerResponse WebAssets::Respond(const HttpServerRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpServerResponse response = platform::TextResponse(405, "pages can only be read\n");
    response.headers.push_back({"Allow", "GET, HEAD"});
    return response;
  }
  const std::string_view path =
      LooksLikeAFile(request.path) ? std::string_view(request.path) : index_path;
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return platform::TextResponse(404, "no such page\n");
  const Asset& asset = found->second;
  const bool gzip = asset.gzip && platform::PrefersGzip(request.Header("accept-encoding"));
  const std::string etag = "\"" + asset.etag + (gzip ? "-gz\"" : "\"");
  HttpServerResponse response;
  response.headers = {
      {"ETag", etag},
      {"Vary", "Accept-Encoding"},
      {"Cache-Control", asset.is_hashed ? "public, max-age=31536000, immutable" : "no-cache"}};
  if (platform::NamesEtag(request.Header("if-none-match"), etag)) {
    response.status = 304;
    return response;
  }
  response.headers.push_back({"Content-Type", asset.content_type});
  if (gzip) response.headers.push_back({"Content-Encoding", "gzip"});
  response.body = gzip ? asset.gzip : asset.bytes;
  return response;
}

// style-src-attr: rows of a virtual list are placed by their style attribute.
void AddSecurityHeaders(HttpServerResponse& response, bool is_tls) {
  constexpr const char* content_security_policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
      "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
      "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
  response.headers.push_back({"Content-Security-Policy", content_security_policy});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  response.headers.push_back({"Referrer-Policy", "no-referrer"});
  response.headers.push_back({"Cross-Origin-Opener-Policy", "same-origin"});
  response.headers.push_back({"Cross-Origin-Resource-Policy", "same-origin"});
  if (is_tls) response.headers.push_back({"Strict-Transport-Security", "max-age=31536000"});
}

}  // namespace agent::api
