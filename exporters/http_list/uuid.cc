#include "exporters/http_list/uuid.h"

#include <openssl/evp.h>

#include <array>

#include "platform/encoding.h"

namespace exporters::http_list {
namespace {

// 3630ad11-853a-4ddb-97df-a8487f81a19b, drawn once.
constexpr std::string_view our_namespace =
    "\x36\x30\xad\x11\x85\x3a\x4d\xdb\x97\xdf\xa8\x48\x7f\x81\xa1\x9b";

}  // namespace

std::string UuidOf(std::string_view name) {
  const std::string bytes = std::string(our_namespace).append(name);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0f) | 0x50);  // version 5
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3f) | 0x80);  // variant of RFC 4122
  std::string hex = platform::ToHex({reinterpret_cast<const char*>(digest.data()), 16});
  for (const std::size_t at : {20U, 16U, 12U, 8U}) hex.insert(at, 1, '-');
  return hex;
}

}  // namespace exporters::http_list
