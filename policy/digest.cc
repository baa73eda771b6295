#include "policy/digest.h"

#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>

#include "policy/ascii.h"
#include "policy/quote.h"

namespace policy {
namespace {

// SHA-256 fails only where memory or the library itself is broken, and a wrong digest must not
// pass for evidence.
void Require(bool done) {
  if (done) return;
  static_cast<void>(std::fputs("OpenSSL cannot compute SHA-256; stopping\n", stderr));
  std::abort();
}

EVP_MD_CTX* Context(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

}  // namespace

Sha256 Sha256Of(std::string_view bytes) {
  Sha256 digest;
  Require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) ==
          1);
  return digest;
}

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  Require(context_ != nullptr && EVP_DigestInit_ex(Context(context_), EVP_sha256(), nullptr) == 1);
}

Sha256Stream::~Sha256Stream() {
  EVP_MD_CTX_free(Context(context_));
}

void Sha256Stream::Add(std::string_view bytes) {
  Require(EVP_DigestUpdate(Context(context_), bytes.data(), bytes.size()) == 1);
}

Sha256 Sha256Stream::Finish() {
  Sha256 digest;
  Require(EVP_DigestFinal_ex(Context(context_), digest.data(), nullptr) == 1);
  return digest;
}

std::string ToHex(const Sha256& digest) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * digest.size());
  for (const std::uint8_t byte : digest) {
    hex += kHex[byte >> 4];
    hex += kHex[byte & 0xf];
  }
  return hex;
}

Result<Sha256> ParseSha256(std::string_view hex) {
  const auto malformed = [hex] {
    return Fail(ErrorCode::malformed_input,
                Quote(hex) + " is not a SHA-256: write 64 hexadecimal digits");
  };
  Sha256 digest;
  if (hex.size() != 2 * digest.size()) return malformed();
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = HexValue(hex[2 * i]);
    const int low = HexValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) return malformed();
    digest[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

}  // namespace policy
