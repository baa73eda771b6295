#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace policy {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 Sha256Of(std::string_view bytes);

// Takes a large text in parts. One use each: Add, Add, ..., then Finish once.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  void Add(std::string_view bytes);
  Sha256 Finish();

 private:
  void* context_;  // EVP_MD_CTX
};

std::string ToHex(const Sha256& digest);  // 64 lower-case digits
Result<Sha256> ParseSha256(std::string_view hex);

}  // namespace policy
