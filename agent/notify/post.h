#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "platform/http_client.h"
#include "policy/result.h"

// What the channels over HTTP share.
namespace agent::notify {

// The file's only line. Read anew each time, so that a change needs no restart.
policy::Result<std::string> ReadSecret(const std::filesystem::path& file);

struct JsonPost {
  std::string url;
  std::string body;
  std::vector<platform::HttpHeader> headers;
  std::filesystem::path ca_file;
  bool allow_private = false;
  std::stop_token stop;
};

// `unavailable` unless the answer is a 2xx. Errors don't name the URL, which may be a secret.
policy::Result<void> Post(platform::HttpClient& client, JsonPost post);

}  // namespace agent::notify
