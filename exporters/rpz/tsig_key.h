#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace exporters::rpz {

// A shared key for TSIG (RFC 8945), always with hmac-sha256.
struct TsigKey {
  std::string name;    // without the last dot
  std::string secret;  // base64
};

// Reads what `tsig-keygen` writes and named.conf includes: key "name" { algorithm hmac-sha256;
// secret "..."; };
policy::Result<TsigKey> ParseTsigKey(std::string_view text);
policy::Result<TsigKey> LoadTsigKey(const std::filesystem::path& path);

}  // namespace exporters::rpz
