#include "platform/encoding.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace platform {
namespace {

using policy::ErrorCode;
using policy::Result;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Encode64(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      if (j <= count) {
        text += alphabet[group >> (18 - 6 * j) & 0x3F];
      } else if (padded) {
        text += '=';
      }
    }
  }
  return text;
}

tl::unexpected<policy::Error> FailBase64() {
  return policy::Fail(ErrorCode::malformed_input, "not a base64 text");
}

// `text` without its padding.
Result<std::string> Decode64(std::string_view text, std::string_view alphabet) {
  std::array<std::int8_t, 256> values;
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  if (text.size() % 4 == 1) return FailBase64();
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0) return FailBase64();
    pending = pending << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(pending >> bits & 0xFF);
      pending &= (1U << bits) - 1;
    }
  }
  // Stray bits would let two texts stand for the same bytes.
  if (pending != 0) return FailBase64();
  return bytes;
}

}  // namespace

std::string ToHex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 0xF];
  }
  return text;
}

Result<std::string> FromHex(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = HexValue(text[i]);
    const int low = i + 1 < text.size() ? HexValue(text[i + 1]) : -1;
    if (high < 0 || low < 0) {
      return policy::Fail(ErrorCode::malformed_input, "not pairs of hexadecimal digits");
    }
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string ToBase64(std::string_view bytes) {
  return Encode64(bytes, kStandard, true);
}

Result<std::string> FromBase64(std::string_view text) {
  if (text.size() % 4 != 0) return FailBase64();
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return Decode64(text, kStandard);
}

std::string ToBase64Url(std::string_view bytes) {
  return Encode64(bytes, kUrlSafe, false);
}

Result<std::string> FromBase64Url(std::string_view text) {
  return Decode64(text, kUrlSafe);
}

Result<std::string> RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (count > 0x7FFFFFFF ||
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    return policy::Fail(ErrorCode::unavailable, "the system gives no random bytes");
  }
  return bytes;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace platform
