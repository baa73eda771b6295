#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "platform/http_server.h"
#include "policy/result.h"

namespace agent::api {

// The page's built files, all in memory: no request ever reaches the disk. Immutable, hence safe
// from any thread.
class WebAssets {
 public:
  // Reads every regular file below `root`; symbolic links are left out. `not_found` where there is
  // no index.html, `exhausted` above 64 MiB.
  static policy::Result<WebAssets> Load(const std::filesystem::path& root);

  // GET and HEAD of a file. What looks like no file (no dot in its last part) is a place within the
  // page, and gets index.html.
  platform::HttpServerResponse Respond(const platform::HttpServerRequest& request) const;

 private:
  struct Asset {
    std::string content_type;
    std::shared_ptr<const std::string> bytes;
    std::shared_ptr<const std::string> gzip;  // null where it would not be smaller
    std::string etag;
    bool is_hashed;  // its name holds a digest of its content, so that it never changes
  };

  policy::Result<void> Add(const std::filesystem::path& root, const std::filesystem::path& file);

  std::map<std::string, Asset, std::less<>> by_path_;
  std::size_t size_ = 0;
};

// Adds what tells a browser to run only our own scripts and to show the page in nobody's frame.
void AddSecurityHeaders(platform::HttpServerResponse& response, bool is_tls);

}  // namespace agent::api
